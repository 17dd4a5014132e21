# The npm package `node`, with which a checkout brings Node 24 to older machines, is not needed here: --ignore-scripts leaves it empty.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json asconfig.json ./
COPY src src
COPY routes routes
COPY schemas schemas
RUN npm run build

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# echarts brings bundles for browsers, 51 MB
RUN npm ci --omit=dev --ignore-scripts && rm -r node_modules/echarts/dist

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 SURETY_DATA_DIR=/data
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
RUN install -d -o node -g node /data
VOLUME /data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "const scheme = process.env.SURETY_TLS_CERT ? 'https' : 'http'; require(scheme).get(scheme + '://127.0.0.1:' + process.env.PORT + '/livez', { rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
CMD ["node", "dist/src/server.js"]
