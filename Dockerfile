# The image for web server, worker and migrations; compose.yaml says how they play together.
# Packages come from the same lock file, hashes checked, as those of ./foyer run.

FROM python:3.11-slim-bookworm AS packages
COPY requirements.lock .
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: \
        -r requirements.lock

FROM python:3.11-slim-bookworm
# Pango draws the PDFs.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/foyer foyer

COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/foyer
COPY . .

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    FOYER_HOME=/var/lib/foyer

# Collecting files needs no secret, but the settings insist on one; this one is thrown away.
# The two folders are there so that volumes mounted on them belong to the user.
RUN mkdir -p /var/lib/foyer/files /var/lib/foyer/outbox \
    && SECRET_KEY=only-for-this-line-never-used-at-run-time \
        python manage.py collectstatic --noinput --ignore redoc --ignore '*.map' \
    && chown -R foyer: /var/lib/foyer

USER foyer
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["python", "-m", "granian", "--interface", "wsgi", "config.wsgi:application", "--blocking-threads", "4", "--log-level", "warning", "--workers", "2", "--host", "0.0.0.0", "--port", "8000"]
