# One image runs every part: `reel serve budget`, `reel relay`, `reel project budget_status`.
FROM python:3.13-slim AS build
WORKDIR /reel
RUN python -m venv /opt/reel
COPY requirements.lock .
RUN /opt/reel/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml ./
COPY events events
COPY services services
COPY projections projections
COPY runtime runtime
RUN /opt/reel/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --create-home --uid 10001 reel && install -d -o reel /var/lib/reel
COPY --from=build /opt/reel /opt/reel
ENV PATH=/opt/reel/bin:$PATH REEL_HOME=/var/lib/reel REEL_HOST=0.0.0.0 REEL_PORT=8000
USER reel
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["reel"]
CMD ["--help"]
