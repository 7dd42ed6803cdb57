# The jobs of Kafka Streams that verify puts under test, with the library from Maven
# Central: /opt/surety/lib and java on PATH.
ARG BASE=surety/jre:17
FROM ${BASE} AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends maven openjdk-17-jdk-headless
ARG VERSION=4.2.0
COPY streams.pom.xml /src/pom.xml
RUN mvn -q -B -f /src/pom.xml -Dkafka.version=${VERSION} dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory=/opt/surety/lib
COPY Streams.java /src/Streams.java
RUN javac -Xlint:all -Werror -cp '/opt/surety/lib/*' -d /src/classes /src/Streams.java \
 && jar --create --file /opt/surety/lib/surety-streams.jar -C /src/classes .

FROM ${BASE}
COPY --from=build /opt/surety/lib /opt/surety/lib
ENTRYPOINT ["java", "-cp", "/opt/surety/lib/*", "surety.Streams"]
