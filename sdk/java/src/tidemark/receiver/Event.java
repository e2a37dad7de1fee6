package tidemark.receiver;

import java.math.BigDecimal;
import java.util.Map;

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

  /** What the version belongs to: system, type, id and event name, for Inbox.newer. */
  public String record() {
    Map<String, Object> of = voucher != null ? voucher : source != null ? source : Map.of();
    return text(of.get("source_system")) + "/" + text(of.get("source_type")) + "/"
        + text(of.get("source_id")) + "/" + name;
  }

  private static String text(Object part) {
    return part == null ? "" : part.toString();
  }

  static Event of(String id, long sequence, Object payload) throws EventException {
    Map<String, Object> fields = object(payload, "the event");
    Map<String, Object> data = object(fields.get("data"), "data");
    if (id == null || id.isEmpty() || !(fields.get("event") instanceof String name)) {
      throw new EventException("a field is missing");
    }
    return new Event(id, sequence, name, data, whole(fields.get("source_version")),
        text(fields.get("timestamp")),
        fields.containsKey("voucher_id") ? whole(fields.get("voucher_id")) : 0,
        fields.containsKey("voucher") ? object(fields.get("voucher"), "voucher") : null,
        fields.containsKey("source") ? object(fields.get("source"), "source") : null);
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
