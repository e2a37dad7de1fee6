package tidemark.receiver;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON (RFC 8259): objects as Map, arrays as List, numbers as BigDecimal, so that money stays exact.
 * Nested at most 500 deep; of a repeated name the last value counts.
 */
public final class Json {
  private static final int NESTING_MAX = 500;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** Map, List, String, BigDecimal, Boolean or null. */
  public static Object parse(String text) throws EventException {
    Json reader = new Json(text);
    Object value = reader.value(0);
    reader.blanks();
    if (reader.at != text.length()) throw reader.fault();
    return value;
  }

  /** The text as JSON writes it. It has no control characters. */
  static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private EventException fault() {
    return new EventException("no JSON at character " + at);
  }

  private void blanks() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) at++;
  }

  private boolean take(String word) {
    if (!text.startsWith(word, at)) return false;
    at += word.length();
    return true;
  }

  private void need(String word) throws EventException {
    if (!take(word)) throw fault();
  }

  private Object value(int depth) throws EventException {
    blanks();
    if (depth > NESTING_MAX || at == text.length()) throw fault();
    if (take("{")) return object(depth);
    if (take("[")) return array(depth);
    if (take("\"")) return string();
    if (take("true")) return Boolean.TRUE;
    if (take("false")) return Boolean.FALSE;
    if (take("null")) return null;
    return number();
  }

  private Map<String, Object> object(int depth) throws EventException {
    Map<String, Object> members = new LinkedHashMap<>();
    blanks();
    if (take("}")) return members;
    do {
      blanks();
      need("\"");
      String name = string();
      blanks();
      need(":");
      members.put(name, value(depth + 1));
      blanks();
    } while (take(","));
    need("}");
    return members;
  }

  private List<Object> array(int depth) throws EventException {
    List<Object> elements = new ArrayList<>();
    blanks();
    if (take("]")) return elements;
    do {
      elements.add(value(depth + 1));
      blanks();
    } while (take(","));
    need("]");
    return elements;
  }

  /** Behind the opening quote. */
  private String string() throws EventException {
    StringBuilder out = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') return out.toString();
      if (c < ' ') throw fault();
      out.append(c == '\\' ? escape() : c);
    }
    throw fault();
  }

  private char escape() throws EventException {
    if (at == text.length()) throw fault();
    char c = text.charAt(at++);
    if (c != 'u') {
      int found = "\"\\/bfnrt".indexOf(c);
      if (found < 0) throw fault();
      return "\"\\/\b\f\n\r\t".charAt(found);
    }
    int unit = 0;
    for (int i = 0; i < 4; i++, at++) {
      char digit = at < text.length() ? text.charAt(at) : 'x';
      int value = digit < 128 ? Character.digit(digit, 16) : -1;
      if (value < 0) throw fault();
      unit = unit << 4 | value;
    }
    return (char) unit;
  }

  private BigDecimal number() throws EventException {
    int begin = at;
    take("-");
    if (!take("0")) digits();
    if (take(".")) digits();
    if (take("e") || take("E")) {
      if (!take("+")) take("-");
      digits();
    }
    try {
      return new BigDecimal(text.substring(begin, at));
    } catch (NumberFormatException beyond) { // An exponent of more than 32 bits.
      throw fault();
    }
  }

  private void digits() throws EventException {
    int begin = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') at++;
    if (at == begin) throw fault();
  }
}
