"""Write the API's description and its page into the package: `.venv/bin/python -m scripts.write_openapi`.

To be run when a route, a model of a request, a view or an error has changed; a test says so when it was forgotten.
"""

from pathlib import Path

from leasehold import openapi
from scripts.openapi import description, page

FOLDER = Path(openapi.__path__[0])


def files() -> dict[str, str]:
    """What the files should hold, by name."""
    document = description.document()
    return {"openapi.json": description.text(document), "docs.html": page.html(document)}


def main() -> None:
    """Write them."""
    for name, text in files().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
