package surety;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A record of the input, with what its value tells of itself. */
public class Input {
  public String key;
  public String value;
  public long event; // milliseconds since the epoch
  public long term; // what it adds to a sum
  public int partition;
  public long offset;

  // Places of fields in a value, s1:run:writer:key:seq:index:event:...
  private static final int SEQ = 4;
  private static final int EVENT = 6;

  static Input of(ConsumerRecord<byte[], byte[]> record) {
    Input in = new Input();
    in.key = record.key() == null ? "" : new String(record.key(), UTF_8);
    in.value = record.value() == null ? "" : new String(record.value(), UTF_8);
    in.partition = record.partition();
    in.offset = record.offset();
    in.event = record.timestamp();
    String[] fields = in.value.split(":", EVENT + 2);
    if (fields.length > EVENT && fields[0].equals("s1")) {
      in.term = Long.parseLong(fields[SEQ]) + 1;
      in.event = Long.parseLong(fields[EVENT]);
    }
    return in;
  }

  static final class Reads implements KafkaRecordDeserializationSchema<Input> {
    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Input> out) {
      out.collect(of(record));
    }

    @Override
    public TypeInformation<Input> getProducedType() {
      return TypeInformation.of(Input.class);
    }
  }
}
