# rowtail with unixODBC. The driver of your database is not in it: mount it, or install it in an image of your
# own that begins with this one. docs/run-under/docker.md shows both.

FROM node:26-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No package compiles anything here: the ODBC binding comes built, and the other one is left out.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN node scripts/build.mjs && npm prune --omit=dev --ignore-scripts

FROM node:26-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates unixodbc \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=node --group=node --mode=0700 /var/lib/rowtail
WORKDIR /opt/rowtail
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json monitor_input.json ./
COPY config_files config_files
COPY dashboards dashboards
# Threads share two heaps of malloc: less memory after a while (docs/decisions/0008-memory.md).
ENV MALLOC_ARENA_MAX=2 \
    NODE_ENV=production \
    ROWTAIL_STATE_DIR=/var/lib/rowtail
# The user `node`, by number, so that Kubernetes sees that it is not root.
USER 1000:1000
# Rows that Loki does not have yet wait there.
VOLUME /var/lib/rowtail
EXPOSE 9464
# It lives. Whether it does its work says /readyz.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then(({ ok }) => process.exit(ok ? 0 : 1))"]
ENTRYPOINT ["node", "/opt/rowtail/dist/main.js"]
