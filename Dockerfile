# Both stages start from the same image: the virtual environment that moves between them links to its Python.
ARG BASE_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# The tools live in an environment of their own, so that the one that ships has not even pip in it.
RUN python3 -m venv tools && python3 -m venv --without-pip /opt/source-gong
COPY requirements/build.txt requirements/runtime.txt requirements/
# The secret is optional: a pip.conf for builders that reach packages through a mirror.
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    tools/bin/pip install --require-hashes -r requirements/build.txt \
 && tools/bin/pip --python /opt/source-gong/bin/python install --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE manifest.yaml ./
COPY schemas schemas
COPY source_gong source_gong
# Compiled here, since the user that runs the image can't write beside the sources; unchecked, since these never change.
RUN tools/bin/hatchling build --target wheel \
 && tools/bin/pip --python /opt/source-gong/bin/python install --no-deps --no-index dist/*.whl \
 && /opt/source-gong/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/source-gong/lib

FROM ${BASE_IMAGE}
ARG VERSION=dev
LABEL io.airbyte.name="airbyte/source-gong" io.airbyte.version="${VERSION}"
# Where the platform shares files with the destination; writable for those who run the image by hand, too.
RUN groupadd --gid 1000 airbyte \
 && useradd --uid 1000 --gid airbyte --create-home airbyte \
 && install --directory --owner airbyte --group airbyte /airbyte /staging/files
COPY --from=build /opt/source-gong /opt/source-gong
ENV PATH="/opt/source-gong/bin:${PATH}" PYTHONDONTWRITEBYTECODE=1 AIRBYTE_ENTRYPOINT="source-gong"
USER airbyte
WORKDIR /airbyte
ENTRYPOINT ["source-gong"]
