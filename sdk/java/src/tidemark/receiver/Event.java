package tidemark.receiver;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * One event of a delivery. Numbers are BigDecimal.
 *
 * @param id recognise repeats by it
 * @param sequence without gaps per subscription; 0 if not told
 * @param name l1_confirmed, invoice.recorded
 * @param data the voucher's business_data
 * @param sourceVersion apply only what is newer
 * @param timestamp when the hub accepted it: ISO 8601, UTC
 * @param voucherId 0 for an event without a voucher
 * @param voucher the voucher's other fields, or null
 * @param source in place of the voucher, or null
 */
public record Event(String id, long sequence, String name, Map<String, Object> data,
    long sourceVersion, String timestamp, long voucherId, Map<String, Object> voucher,
    Map<String, Object> source) {

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,255}");

  /** What the version belongs to: system, type, id and event name, for Inbox.newer. */
  public String record() {
    Map<String, Object> of = voucher != null ? voucher : source != null ? source : Map.of();
    return text(of.get("source_system")) + "/" + text(of.get("source_type")) + "/"
        + text(of.get("source_id")) + "/" + name;
  }

  private static String text(Object part) {
    return part == null ? "" : part.toString();
  }

  /** Throws for what no hub sends. */
  static Event of(String id, long sequence, Object payload) throws EventException {
    if (!isId(id)) throw new EventException("the id must be letters, digits, _ and -");
    Map<String, Object> fields = object(payload, "the event");
    Map<String, Object> data = object(fields.get("data"), "data");
    if (!(fields.get("event") instanceof String name) || name.isEmpty()) {
      throw new EventException("event must be a text");
    }
    long version = whole(fields.get("source_version"));
    if (version < 1) throw new EventException("source_version must be a whole number from 1");
    Object voucher = fields.get("voucher");
    Object source = fields.get("source");
    Map<String, Object> of = object(voucher != null ? voucher : source, "voucher or source");
    for (String part : List.of("source_system", "source_type", "source_id")) {
      Object value = of.get(part);
      boolean scalar = value instanceof BigDecimal || value instanceof String text && !text.isEmpty();
      if (!scalar) throw new EventException(part + " must be a text or a number");
    }
    Object voucherId = fields.get("voucher_id");
    return new Event(id, sequence, name, data, version, text(fields.get("timestamp")),
        voucherId != null ? whole(voucherId) : 0, voucher != null ? of : null,
        source != null ? object(source, "source") : null);
  }

  static boolean isId(Object value) {
    return value instanceof String text && ID.matcher(text).matches();
  }

  @SuppressWarnings("unchecked") // Json makes no other maps.
  static Map<String, Object> object(Object value, String what) throws EventException {
    if (value instanceof Map) return (Map<String, Object>) value;
    throw new EventException(what + " is no object");
  }

  static long whole(Object value) throws EventException {
    try {
      if (value instanceof BigDecimal number) return number.longValueExact();
    } catch (ArithmeticException noLong) {
      throw new EventException("not a whole number: " + value);
    }
    throw new EventException("not a number: " + value);
  }
}
