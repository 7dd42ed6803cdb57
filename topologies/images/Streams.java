package surety;

import java.io.FileReader;
import java.io.Reader;
import java.time.Instant;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * One job of Kafka Streams from SURETY_INPUT to SURETY_OUTPUT: {@code surety.Streams JOB FILE},
 * where FILE has the settings of the library. What goes wrong in a thread is said in one line, and
 * the thread is replaced, as applications are told to do; a job that cannot go on ends the process.
 */
final class Streams {
  private static final String COUNTS = "counts";

  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    try (Reader file = new FileReader(args[1])) {
      settings.load(file);
    }
    Topology topology = topology(args[0], env("SURETY_INPUT"), env("SURETY_OUTPUT"));
    KafkaStreams streams = new KafkaStreams(topology, settings);
    CountDownLatch ended = new CountDownLatch(1);
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
            ended.countDown();
          }
        });
    streams.setUncaughtExceptionHandler(
        e -> {
          System.err.println(Instant.now() + " surety: uncaught " + oneLine(e));
          return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
    ended.await();
    if (streams.state() == KafkaStreams.State.ERROR) {
      Runtime.getRuntime().halt(1);
    }
  }

  private static Topology topology(String job, String input, String output) {
    StreamsBuilder builder = new StreamsBuilder();
    switch (job) {
      case "identity":
        builder
            .stream(input, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
            .to(output, Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
        break;
      case "count":
        count(builder, input, output, true);
        break;
      case "count-unlogged":
        count(builder, input, output, false);
        break;
      default:
        throw new IllegalArgumentException("unknown job " + job);
    }
    return builder.build();
  }

  private static void count(StreamsBuilder builder, String input, String output, boolean logged) {
    StoreBuilder<KeyValueStore<String, Long>> store =
        Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(COUNTS), Serdes.String(), Serdes.Long());
    builder.addStateStore(logged ? store : store.withLoggingDisabled());
    builder.stream(input, Consumed.with(Serdes.String(), Serdes.String()))
        .processValues(Counter::new, COUNTS)
        .to(output, Produced.with(Serdes.String(), Serdes.String()));
  }

  /** An update for each record: the count of its key, and the record itself. */
  private static final class Counter implements FixedKeyProcessor<String, String, String> {
    private FixedKeyProcessorContext<String, String> context;
    private KeyValueStore<String, Long> counts;

    @Override
    public void init(FixedKeyProcessorContext<String, String> context) {
      this.context = context;
      this.counts = context.getStateStore(COUNTS);
    }

    @Override
    public void process(FixedKeyRecord<String, String> record) {
      Long before = counts.get(record.key());
      long now = before == null ? 1 : before + 1;
      counts.put(record.key(), now);
      context.forward(
          record.withValue(
              "{\"key\":" + quoted(record.key()) + ",\"count\":" + now
                  + ",\"last\":" + quoted(record.value()) + "}"));
    }
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  private static String oneLine(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return (root.getClass().getSimpleName() + ": " + root.getMessage()).replaceAll("\\s+", " ");
  }

  private static String env(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalStateException(name + " is not set");
    }
    return value;
  }

  private Streams() {}
}
