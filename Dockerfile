# The image of runner: docker build -t atm-producer:latest -t atm-consumer:latest .
# Both names are one image; what a container does is said by the pipeline file that it is given.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libmicrohttpd-dev librdkafka-dev libsimdjson-dev libsqlite3-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# SwiftPM wants every target's folder, those of the tests included; .dockerignore leaves out all else.
COPY . .
RUN swift build --configuration release --product runner --enable-all-traits --static-swift-stdlib -Xlinker -s \
    && install -D --target-directory=/install/bin .build/release/runner \
    && install -D --mode=644 --target-directory=/install/share/sluice/pipelines pipelines/*.json

FROM debian:bookworm-slim
# ca-certificates: for brokers whose certificate a public authority has signed.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libmicrohttpd12 librdkafka1 libsimdjson14 libsqlite3-0 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* \
    && install --directory --owner=65532 --group=65532 --mode=750 /data
COPY --from=build /install /usr/local
# The shipped pipelines answer probes there.
ENV LANG=C.UTF-8 HTTP_LISTEN=0.0.0.0:9400
# A number, so that Kubernetes can tell that it is not root (runAsNonRoot).
USER 65532:65532
# Where an archive goes unless DATABASE says otherwise. All else may be read-only.
WORKDIR /data
EXPOSE 9400
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["runner", "health"]
ENTRYPOINT ["runner"]
# Without a file: how to name one. To begin writing into some Kafka at once would be a surprise.
CMD ["--help"]

# Last, because they change with every build.
ARG VERSION=development
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Sluice" \
    org.opencontainers.image.description="Moves records from a source through stages to sinks, as one JSON file says" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.base.name="debian:bookworm-slim" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.created="${CREATED}"
