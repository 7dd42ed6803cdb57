package surety;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A record of the output. */
public class Output {
  public String key;
  public String value;

  static Output same(Input in) {
    Output out = new Output();
    out.key = in.key;
    out.value = in.value;
    return out;
  }

  /**
   * An update of a count as JSON, with the record that it counts last, so that it tells what came
   * in; a window is named by its start.
   */
  static Output update(Input last, Long window, long count, long sum) {
    Output out = new Output();
    out.key = last.key;
    out.value =
        "{\"key\":"
            + quoted(last.key)
            + (window == null ? "" : ",\"window\":" + window)
            + ",\"count\":"
            + count
            + ",\"sum\":"
            + sum
            + ",\"last\":"
            + quoted(last.value)
            + ",\"partition\":"
            + last.partition
            + ",\"offset\":"
            + last.offset
            + "}";
    return out;
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

  static final class Writes implements KafkaRecordSerializationSchema<Output> {
    private final String topic;

    Writes(String topic) {
      this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
        Output out, KafkaSinkContext context, Long timestamp) {
      return new ProducerRecord<>(topic, out.key.getBytes(UTF_8), out.value.getBytes(UTF_8));
    }
  }
}
