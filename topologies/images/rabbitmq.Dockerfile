# RabbitMQ from Debian's packages, started like the official image: rabbitmq-server
# as the user rabbitmq, settings in /etc/rabbitmq, state in /var/lib/rabbitmq.
ARG BASE=surety/base:bookworm
FROM ${BASE}
ARG VERSION=3.10.8
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "rabbitmq-server=${VERSION}*" \
 && rm -rf /var/lib/apt/lists/* /var/lib/rabbitmq/.erlang.cookie
ENV LANG=C.UTF-8 HOME=/var/lib/rabbitmq \
    PATH=/usr/lib/rabbitmq/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY rabbitmq.entrypoint.sh /usr/local/bin/docker-entrypoint.sh
VOLUME /var/lib/rabbitmq
EXPOSE 5672
ENTRYPOINT ["sh", "/usr/local/bin/docker-entrypoint.sh"]
CMD ["rabbitmq-server"]
