"""The documentation page: Swagger UI from the installed package, without network."""

from __future__ import annotations

from pathlib import Path

import flask_openapi3_swagger
from flask import Flask, Response, send_from_directory

#: The page may load its own files, and styles that Swagger UI sets on its elements.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MMM service</title>
<link rel="icon" href="/docs/files/images/swagger.svg">
<link rel="stylesheet" href="/docs/files/css/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; see <a href="/openapi.json">/openapi.json</a></noscript>
<script src="/docs/files/js/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
#: No validator: it would send the document to a server on the network.
START = """window.ui = SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", validatorUrl: null, deepLinking: true
});
"""


def add_docs(app: Flask) -> None:
    """Add ``/docs`` and the files it loads."""
    folder = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"

    def file(name: str) -> Response:
        return send_from_directory(folder, name, max_age=3600)

    app.add_url_rule("/docs", "docs", lambda: Response(PAGE, mimetype="text/html"))
    app.add_url_rule(
        "/docs/start.js", "docs_start", lambda: Response(START, mimetype="text/javascript")
    )
    app.add_url_rule("/docs/files/<path:name>", "docs_files", file)
