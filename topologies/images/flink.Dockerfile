# Apache Flink from the jars that the project publishes on Maven Central, laid out as
# in the official image: /opt/flink/lib and java on PATH. The job lies where the job
# manager finds uploaded ones (web.upload.dir), so that it can be run by its name.
ARG BASE=surety/jre:17
FROM ${BASE} AS jars
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends maven openjdk-17-jdk-headless
ARG VERSION=2.1.0
COPY flink/lib.pom.xml /src/lib/pom.xml
RUN mvn -q -B -f /src/lib/pom.xml -Dflink.version=${VERSION} dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory=/opt/flink/lib
COPY flink/job.pom.xml /src/job/pom.xml
COPY flink/Job.java /src/job/src/main/java/surety/
COPY flink/Told.java /src/job/src/main/java/surety/
COPY flink/Input.java /src/job/src/main/java/surety/
COPY flink/Output.java /src/job/src/main/java/surety/
COPY flink/Counts.java /src/job/src/main/java/surety/
COPY flink/Closing.java /src/job/src/main/java/surety/
RUN mvn -q -B -f /src/job/pom.xml -Dflink.version=${VERSION} package

FROM ${BASE}
COPY --from=jars /opt/flink/lib /opt/flink/lib
COPY --from=jars /src/job/target/job.jar /opt/surety/flink-web-upload/surety_job.jar
RUN chmod -R a+rwX /opt/surety
