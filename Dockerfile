# syntax=docker/dockerfile:1
# The prediction service of one study. Build after the study has been run:
#   python run_all.py --study ecommerce_panel
#   docker build --build-arg STUDY=ecommerce_panel -t mmm-service .

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /app/.venv
# The lock first, so that a change of code does not install the packages again.
COPY requirements.txt pyproject.toml README.md LICENSE ./
RUN sed '/^-e /d' requirements.txt > lock.txt && .venv/bin/python -m pip install -r lock.txt
COPY src src
RUN .venv/bin/python -m pip install --no-deps .

FROM python:3.11-slim
ARG STUDY=ecommerce_panel
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home mmm
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY outputs/${STUDY}/models models
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
CMD ["python", "-m", "mmm", "serve", "--model", "models", "--host", "0.0.0.0", "--port", "8000"]
