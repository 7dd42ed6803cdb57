# Kafka laid out like the official image, for tests of the harness: another user, a
# volume, an entrypoint and a command of its own, and no class-data archive of ours.
ARG BASE=surety/kafka:4.2.0
FROM ${BASE}
ARG VERSION=4.2.0
RUN rm -r /opt/kafka/classes.jsa /opt/kafka/archive.sh \
 && useradd --uid 1000 --create-home appuser \
 && mkdir -p /etc/kafka/docker /etc/kafka/secrets /mnt/shared/config /usr/logs \
 && printf '#!/bin/sh\nexec "$@"\n' >/__cacert_entrypoint.sh \
 && printf '#!/bin/sh\necho "the command of the image was run" >&2\nexit 1\n' >/etc/kafka/docker/run \
 && chmod +x /__cacert_entrypoint.sh /etc/kafka/docker/run \
 && chown -R appuser:appuser /usr/logs /opt/kafka /mnt/shared/config \
 && chown -R appuser:root /var/lib/kafka /etc/kafka \
 && chmod -R ug+w /var/lib/kafka /etc/kafka
EXPOSE 9092
USER appuser
VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]
ENTRYPOINT ["/__cacert_entrypoint.sh"]
CMD ["/etc/kafka/docker/run"]
