"""The API's description and its page, as files that were written at development time, and how they are served.

`openapi.json` and `docs.html` are made by `scripts/write_openapi.py`, so a function that starts cold only reads them.
"""
