# A small Debian that trusts what the building machine trusts.
ARG FROM=debian:bookworm-slim
FROM ${FROM}
COPY certs/ /usr/local/share/ca-certificates/host/
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates \
 && update-ca-certificates \
 && rm -rf /var/lib/apt/lists/*
