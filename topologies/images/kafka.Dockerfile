# Apache Kafka from the jars that the project publishes on Maven Central, laid out
# as in the official image: /opt/kafka/libs and java on PATH.
ARG BASE=surety/jre:17
FROM ${BASE} AS jars
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends maven
ARG VERSION=4.2.0
COPY kafka.pom.xml /src/pom.xml
RUN mvn -q -B -f /src/pom.xml -Dkafka.version=${VERSION} dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory=/opt/kafka/libs

FROM ${BASE}
COPY --from=jars /opt/kafka/libs /opt/kafka/libs
COPY kafka.archive.sh /opt/kafka/archive.sh
RUN mkdir -p /var/lib/kafka/data && sh /opt/kafka/archive.sh /opt/kafka/classes.jsa
