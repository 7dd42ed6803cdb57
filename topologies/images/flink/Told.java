package surety;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** What the job is told, from a file of properties. */
final class Told {
  private final Properties values = new Properties();

  Told(String file) throws IOException {
    try (Reader in = Files.newBufferedReader(Path.of(file))) {
      values.load(in);
    }
  }

  String get(String name) {
    String value = values.getProperty(name);
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing among what the job is told");
    }
    return value;
  }

  long number(String name) {
    return Long.parseLong(get(name));
  }

  /** Those whose name begins so, without this beginning. */
  Properties below(String prefix) {
    Properties out = new Properties();
    for (String name : values.stringPropertyNames()) {
      if (name.startsWith(prefix)) {
        out.setProperty(name.substring(prefix.length()), values.getProperty(name));
      }
    }
    return out;
  }
}
