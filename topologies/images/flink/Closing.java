package surety;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * A partition's watermark is its highest event time so far, and follows each record: a window is
 * closed by the record that passes its end, not some time later by a clock.
 */
final class Closing implements WatermarkGenerator<Input> {
  private long highest = Long.MIN_VALUE;

  @Override
  public void onEvent(Input in, long time, WatermarkOutput output) {
    if (time > highest) {
      highest = time;
      output.emitWatermark(new Watermark(time - 1));
    }
  }

  @Override
  public void onPeriodicEmit(WatermarkOutput output) {
    // each record has given its own
  }
}
