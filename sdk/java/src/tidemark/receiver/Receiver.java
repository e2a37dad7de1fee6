package tidemark.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/** Verifies requests and gives their events. Threads may share it. */
public final class Receiver {
  private final List<String> secrets;
  private final Signature.Policy policy;
  private final LongSupplier now;

  /** Accepts both styles. {@code secrets}: all that are valid now, in a rotation the new and the old. */
  public Receiver(List<String> secrets) {
    this(secrets, Signature.Policy.DEFAULT, () -> System.currentTimeMillis() / 1000);
  }

  /** {@code now}: Unix seconds. */
  public Receiver(List<String> secrets, Signature.Policy policy, LongSupplier now) {
    if (secrets.isEmpty() || secrets.contains("")) {
      throw new IllegalArgumentException("a receiver needs secrets that are not empty");
    }
    this.secrets = List.copyOf(secrets);
    this.policy = policy;
    this.now = now;
  }

  /**
   * The events of a request: one, or those of a batch.
   *
   * @param header gives the value of a header by its name, null if it is not there: {@code request::getHeader}
   * @param body the bytes as received, before anything parsed them
   * @throws SignatureException answer 401
   * @throws EventException answer 400
   */
  public List<Event> receive(UnaryOperator<String> header, byte[] body)
      throws SignatureException, EventException {
    Signature.Style style = Signature.verify(header, body, secrets, now.getAsLong(), policy);
    Object payload = Json.parse(new String(body, UTF_8));
    if (payload instanceof Map<?, ?> fields && fields.get("events") instanceof List<?> items) {
      List<Event> events = new ArrayList<>();
      for (Object item : items) {
        Map<String, Object> of = Event.object(item, "the item");
        if (!(of.get("id") instanceof String id)) throw new EventException("an item has no id");
        events.add(Event.of(id, Event.whole(of.get("sequence")), of.get("payload")));
      }
      return events;
    }
    String sequence = header.apply("x-tidemark-sequence");
    boolean told = sequence != null && sequence.matches("[0-9]{1,18}");
    String id = style == Signature.Style.STANDARD ? header.apply("webhook-id") : contentId(body);
    return List.of(Event.of(id, told ? Long.parseLong(sequence) : 0, payload));
  }

  /** The event of an item of Hub.eventsAfter, with the id that its delivery has. */
  public Event pulled(Hub.Item item) throws EventException {
    boolean named = policy.standard() && !Signature.webhookKeys(secrets).isEmpty();
    String id = named ? item.eventId() : contentId(item.body().getBytes(UTF_8));
    return Event.of(id, item.sequence(), Json.parse(item.body()));
  }

  /** Names an event by what is signed, where no id is: nobody can send it again under another name. */
  private static String contentId(byte[] body) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
      return "sha256-" + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException impossible) { // Every Java platform has SHA-256.
      throw new IllegalStateException(impossible);
    }
  }
}
