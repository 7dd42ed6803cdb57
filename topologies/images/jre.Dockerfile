# A Java runtime from Debian's packages. The class-data archive of the JDK comes
# with it; it is what makes a JVM start in tenths of a second.
ARG BASE=surety/base:bookworm
FROM ${BASE}
ARG VERSION=17
RUN mkdir -p /usr/share/man/man1 \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends openjdk-${VERSION}-jre-headless \
 && rm -rf /var/lib/apt/lists/*
