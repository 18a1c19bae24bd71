# Sourced. uv reads no pip.conf: hand it the index and the certificates that pip uses here.
setting() { .venv/bin/python -m pip config get "$1" 2>/dev/null || true; }
index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$(setting global.index-url)}}
certificates=${SSL_CERT_FILE:-${PIP_CERT:-$(setting global.cert)}}
[ -z "$index" ] || export UV_DEFAULT_INDEX=$index
[ -z "$certificates" ] || export SSL_CERT_FILE=$certificates
export UV_NATIVE_TLS=true
