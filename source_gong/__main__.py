"""`python -m source_gong`: the same as the console script `source-gong`."""

from source_gong.platform.run import main

main()
