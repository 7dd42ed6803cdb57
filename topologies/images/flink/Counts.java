package surety;

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** How many records there were, their sum, and the last of them. */
public class Counts {
  public long count;
  public long sum;
  public Input last;

  Counts add(Input in) {
    count++;
    sum += in.term;
    last = in;
    return this;
  }

  /** Counts the records of a key in keyed state, and gives an update of each. */
  static final class Keyed extends KeyedProcessFunction<String, Input, Output> {
    private transient ValueState<Counts> state;

    @Override
    public void open(OpenContext context) {
      state = getRuntimeContext().getState(new ValueStateDescriptor<>("counts", Counts.class));
    }

    @Override
    public void processElement(Input in, Context context, Collector<Output> out) throws Exception {
      Counts now = state.value();
      now = (now == null ? new Counts() : now).add(in);
      state.update(now);
      out.collect(Output.update(in, null, now.count, now.sum));
    }
  }

  /** Counts the records of a window. */
  static final class Tally implements AggregateFunction<Input, Counts, Counts> {
    @Override
    public Counts createAccumulator() {
      return new Counts();
    }

    @Override
    public Counts add(Input in, Counts counts) {
      return counts.add(in);
    }

    @Override
    public Counts getResult(Counts counts) {
      return counts;
    }

    @Override
    public Counts merge(Counts a, Counts b) {
      a.count += b.count;
      a.sum += b.sum;
      a.last = b.last == null ? a.last : b.last;
      return a;
    }
  }

  /** Gives an update of a window. */
  static final class Windowed extends ProcessWindowFunction<Counts, Output, String, TimeWindow> {
    @Override
    public void process(
        String key, Context context, Iterable<Counts> counts, Collector<Output> out) {
      for (Counts now : counts) {
        out.collect(Output.update(now.last, context.window().getStart(), now.count, now.sum));
      }
    }
  }
}
