package surety;

import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.triggers.CountTrigger;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/**
 * Reads a topic and writes another: each record as it is (identity), the number of records of its
 * key (count), or that of its key and tumbling window of event time (window). All else is as
 * Flink's and the connector's settings say.
 */
public final class Job {
  private Job() {}

  public static void main(String[] args) throws Exception {
    if (args.length != 1) {
      throw new IllegalArgumentException("the job wants one argument: a file of properties");
    }
    Told told = new Told(args[0]);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    KafkaSource<Input> source =
        KafkaSource.<Input>builder()
            .setBootstrapServers(told.get("bootstrap"))
            .setTopics(told.get("input"))
            .setGroupId(told.get("group"))
            .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
            .setDeserializer(new Input.Reads())
            .setProperties(told.below("source."))
            .build();
    DataStream<Input> in =
        env.fromSource(
            source,
            WatermarkStrategy.<Input>forGenerator(of -> new Closing())
                .withTimestampAssigner((record, time) -> record.event),
            "source");
    work(told, in).sinkTo(sink(told)).name("sink");
    env.execute(told.get("group"));
  }

  private static DataStream<Output> work(Told told, DataStream<Input> in) {
    String job = told.get("job");
    switch (job) {
      case "identity":
        return in.map(Output::same).name("identity");
      case "count":
        return in.keyBy(r -> r.key).process(new Counts.Keyed()).name("count");
      case "window":
        return in.keyBy(r -> r.key)
            .window(TumblingEventTimeWindows.of(Duration.ofMillis(told.number("size"))))
            .allowedLateness(Duration.ofMillis(told.number("lateness")))
            .trigger(CountTrigger.of(1)) // each record is an update, as of a table
            .aggregate(new Counts.Tally(), new Counts.Windowed())
            .name("window");
      default:
        throw new IllegalArgumentException(
            "unknown job " + job + "; known: identity, count, window");
    }
  }

  private static KafkaSink<Output> sink(Told told) {
    DeliveryGuarantee guarantee = DeliveryGuarantee.valueOf(told.get("guarantee"));
    KafkaSinkBuilder<Output> sink =
        KafkaSink.<Output>builder()
            .setBootstrapServers(told.get("bootstrap"))
            .setRecordSerializer(new Output.Writes(told.get("output")))
            .setDeliveryGuarantee(guarantee)
            .setKafkaProducerConfig(told.below("sink."));
    if (guarantee == DeliveryGuarantee.EXACTLY_ONCE) {
      sink.setTransactionalIdPrefix(told.get("group"));
    }
    return sink.build();
  }
}
