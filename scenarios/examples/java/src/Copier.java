import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Copies records exactly once: outputs and offsets in one transaction (KIP-98, KIP-447). */
public final class Copier {
    private static volatile boolean running = true;

    public static void main(String[] args) throws Exception {
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            running = false;
            try {
                main.join(3000);
            } catch (InterruptedException ignored) {
                Thread.currentThread().interrupt();
            }
        }));
        while (running) {
            try {
                copy();
            } catch (KafkaException e) {
                // A new producer fences what this one left open; a new consumer goes on from the last commit.
                System.err.println("starting over: " + e);
            }
        }
    }

    private static void copy() {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumerConfig());
             KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producerConfig())) {
            producer.initTransactions();
            consumer.subscribe(List.of(env("SURETY_INPUT")));
            System.out.println("copying " + env("SURETY_INPUT") + " to " + env("SURETY_OUTPUT"));
            while (running) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
                if (records.isEmpty()) {
                    continue;
                }
                producer.beginTransaction();
                Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
                for (ConsumerRecord<byte[], byte[]> r : records) {
                    producer.send(new ProducerRecord<>(env("SURETY_OUTPUT"), null, r.key(), r.value(), r.headers()));
                    next.put(new TopicPartition(r.topic(), r.partition()), new OffsetAndMetadata(r.offset() + 1));
                }
                producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
                producer.commitTransaction();
            }
        }
    }

    private static Properties consumerConfig() {
        Properties p = new Properties();
        p.put("bootstrap.servers", env("SURETY_BOOTSTRAP"));
        p.put("client.id", env("SURETY_NAME"));
        p.put("group.id", env("SURETY_GROUP"));
        p.put("auto.offset.reset", "earliest");
        p.put("enable.auto.commit", "false");
        p.put("isolation.level", "read_committed");
        p.put("session.timeout.ms", "6000");
        p.put("heartbeat.interval.ms", "1000");
        p.put("key.deserializer", ByteArrayDeserializer.class.getName());
        p.put("value.deserializer", ByteArrayDeserializer.class.getName());
        return p;
    }

    private static Properties producerConfig() {
        Properties p = new Properties();
        p.put("bootstrap.servers", env("SURETY_BOOTSTRAP"));
        p.put("client.id", env("SURETY_NAME"));
        p.put("transactional.id", env("SURETY_GROUP") + "-" + env("SURETY_NAME"));
        p.put("transaction.timeout.ms", "10000");
        p.put("key.serializer", ByteArraySerializer.class.getName());
        p.put("value.serializer", ByteArraySerializer.class.getName());
        return p;
    }

    private static String env(String name) {
        return System.getenv(name);
    }
}
