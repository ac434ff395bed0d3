# syntax=docker/dockerfile:1

FROM node:22-bookworm-slim AS styles
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=optional
COPY styles styles
RUN mkdir -p static/build \
    && node node_modules/sass/sass.js --load-path=node_modules --style=compressed --no-source-map --quiet-deps \
        styles/mhep.scss static/build/mhep.css \
    && cp node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js static/build/

FROM python:3.11-slim-bookworm AS packages
COPY requirements/base.lock .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps \
        --only-binary :all: --requirement base.lock

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=mhep.settings.prod \
    MHEP_DATA=/tmp/mhep
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin mhep \
    && install --directory --owner=10001 --mode=700 /evidence
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
COPY --from=styles /src/static/build static/build
# These are needed to read the settings; nothing is signed, and nothing is connected to.
RUN SECRET_KEY=for-the-build-only ALLOWED_HOSTS=localhost DATABASE_URL=postgres:///none \
    CELERY_BROKER_URL=memory:// FIELD_KEYS=none BLIND_INDEX_KEY=none ADDRESS_KEYS=none python manage.py collectstatic --no-input
USER 10001
EXPOSE 8000
CMD ["gunicorn", "mhep.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", \
     "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
