# By digest, the Node that package-lock.json has: `docker buildx imagetools inspect node:24-bookworm-slim` tells the next.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

# The npm package `node`, with which a checkout brings Node 24 to older machines, is not needed here: --ignore-scripts leaves it empty.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json asconfig.json ./
COPY src src
COPY routes routes
COPY schemas schemas
RUN npm run build

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# echarts brings bundles for browsers, 51 MB
RUN npm ci --omit=dev --ignore-scripts && rm -r node_modules/echarts/dist
COPY scripts/notices.ts scripts/
# `npm sbom --omit dev` would leave out what packages for development need too, and miss those that are not there
RUN npm pkg delete devDependencies overrides && npm sbom --sbom-format cyclonedx --sbom-type application > sbom.cdx.json
RUN node scripts/notices.ts > NOTICES

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 SURETY_DATA_DIR=/data
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=packages /app/sbom.cdx.json /app/NOTICES ./
COPY package.json LICENSE ./
RUN install -d -o node -g node /data
VOLUME /data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "const scheme = process.env.SURETY_TLS_CERT ? 'https' : 'http'; require(scheme).get(scheme + '://127.0.0.1:' + process.env.PORT + '/livez', { rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
CMD ["node", "dist/src/server.js"]
