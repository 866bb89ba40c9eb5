# Node 22, because the lock pins better-sqlite3 12 (the one that Node 20 can load), which is sound there whether it came
# prebuilt or was compiled; compiled against Node 24 it aborts (nodejs/node#65446).
FROM node:22-bookworm-slim AS build
WORKDIR /app
# For better-sqlite3, which is compiled where its prebuilt binary cannot be fetched.
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY specs ./specs
COPY tools ./tools
# What SQLite was compiled from, and on the way to, is four fifths of its folder and is not needed to run.
RUN npm run build \
  && npm prune --omit=dev \
  && cd node_modules/better-sqlite3 \
  && find build -type f ! -name better_sqlite3.node -delete \
  && rm -rf deps src

FROM node:22-bookworm-slim
# All of the container's addresses: the port is only as open as the container's is. The control plane stays on loopback.
ENV NODE_ENV=production RUNYARD_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY specs ./specs
COPY seeds ./seeds
# A volume that is mounted here takes over the owner: `--db /data/runyard.db` keeps the data.
RUN install -d -o node -g node /data
USER node
EXPOSE 4010 4443
HEALTHCHECK --interval=5s --timeout=3s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.RUNYARD_PORT || 4010) + '/_runyard/health').then((got) => process.exit(got.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the process that gets the container's SIGTERM; flags of `docker run` are Runyard's.
ENTRYPOINT ["node", "dist/cli.js"]
