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

/** Verifies requests, gives their events, and answers for each of them. Threads may share it. */
public final class Receiver {
  /** Notes and applies one event, in a transaction of its own. */
  public interface Take {
    void take(Event event) throws Exception;
  }

  /** What a request brings, before its event is read. */
  private record Item(String id, long sequence, Object payload) {
    Event event() throws EventException {
      return Event.of(id, sequence, payload);
    }
  }

  private record Request(boolean batch, List<Item> items) {}

  private static final int BATCH_EVENTS_MAX = 100;

  private final List<String> secrets;
  private final Signature.Policy policy;
  private final LongSupplier now;
  // How pulled events are named: by the hub's id, or by what the text style signs. As the last delivery
  // showed; before the first, as the secrets and the policy let expect.
  private volatile boolean pulledByContent;

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
    this.pulledByContent = !policy.standard() || Signature.webhookKeys(secrets).isEmpty();
  }

  /**
   * The events of a request: one, or those of a batch.
   *
   * @param header gives the value of a header by its name, null if it is not there: {@code request::getHeader}
   * @param body the bytes as received, before anything parsed them
   * @throws SignatureException answer 401
   * @throws EventException answer 400; of a batch also if one of its events cannot be read, while
   *     {@link #handle} answers event by event
   */
  public List<Event> receive(UnaryOperator<String> header, byte[] body)
      throws SignatureException, EventException {
    List<Event> events = new ArrayList<>();
    for (Item item : read(header, body).items) events.add(item.event());
    return events;
  }

  /**
   * The answer to a request. Calls {@code take} for each of its events, in their order; what it throws counts
   * for that event alone: RefusalException or EventException, the hub parks it; any other, the hub sends it
   * again. UnavailableException ends the request, and so does InterruptedException: all of it comes again.
   * Throws no exception; what went wrong stands in the answer's failures, for the log.
   *
   * @param header as for receive
   * @param body the bytes as received, before anything parsed them
   */
  public Answer handle(UnaryOperator<String> header, byte[] body, Take take) {
    Request request;
    try {
      request = read(header, body);
    } catch (SignatureException refused) {
      return Answer.ofOne(new Answer.Result(null, 401, refused.getMessage()),
          List.of(new Answer.Failure(null, refused)));
    } catch (EventException damaged) {
      return Answer.ofOne(Answer.Result.of(null, damaged), List.of(new Answer.Failure(null, damaged)));
    }
    List<Answer.Result> results = new ArrayList<>();
    List<Answer.Failure> failures = new ArrayList<>();
    for (Item item : request.items) {
      Answer.Result result = Answer.Result.success(item.id);
      try {
        take.take(item.event());
      } catch (Exception failed) { // Of any kind: it is kept, and answered.
        failures.add(new Answer.Failure(item.id, failed));
        result = Answer.Result.of(item.id, failed);
        boolean interrupted = failed instanceof InterruptedException;
        if (interrupted) Thread.currentThread().interrupt();
        if (interrupted || failed instanceof UnavailableException) {
          return Answer.ofOne(result, failures);
        }
      }
      results.add(result);
    }
    return request.batch ? Answer.ofBatch(results, failures) : Answer.ofOne(results.get(0), failures);
  }

  /**
   * The event of an item of Hub.eventsAfter, with the id that its delivery has: that of the hub, or in text
   * style what is made of the body. Which one, the last delivery tells; before the first one, Standard
   * Webhooks are expected where a secret has that form.
   */
  public Event pulled(Hub.Item item) throws EventException {
    String id = pulledByContent ? contentId(item.body().getBytes(UTF_8)) : item.eventId();
    return Event.of(id, item.sequence(), Json.parse(item.body()));
  }

  private Request read(UnaryOperator<String> header, byte[] body)
      throws SignatureException, EventException {
    Signature.Style style = Signature.verify(header, body, secrets, now.getAsLong(), policy);
    Object payload = Json.parse(new String(body, UTF_8));
    List<Item> items = batchOf(payload);
    // The ids in a batch are signed with it, whatever the style.
    pulledByContent = style == Signature.Style.RAW && items == null;
    if (items != null) return new Request(true, items);
    String sequence = header.apply("x-tidemark-sequence");
    boolean told = sequence != null && sequence.matches("[0-9]{1,18}");
    String id = style == Signature.Style.STANDARD ? header.apply("webhook-id") : contentId(body);
    return new Request(false, List.of(new Item(id, told ? Long.parseLong(sequence) : 0, payload)));
  }

  /**
   * The items of a batch, in its order; null if the body is none. Throws if its form is wrong as a whole, so
   * that nothing can be said about single events.
   */
  private static List<Item> batchOf(Object payload) throws EventException {
    if (!(payload instanceof Map<?, ?> fields) || fields.get("events") == null
        || fields.get("event") != null) {
      return null;
    }
    if (!(fields.get("events") instanceof List<?> listed) || listed.isEmpty()
        || listed.size() > BATCH_EVENTS_MAX) {
      throw new EventException("events must be a list of 1 to " + BATCH_EVENTS_MAX + " events");
    }
    List<Item> items = new ArrayList<>();
    for (Object element : listed) {
      Map<String, Object> item = Event.object(element, "events[]");
      if (!Event.isId(item.get("id"))) {
        throw new EventException("events[].id must be letters, digits, _ and -");
      }
      long sequence = item.get("sequence") == null ? 0 : Event.whole(item.get("sequence"));
      if (sequence < 1 && item.get("sequence") != null) {
        throw new EventException("events[].sequence must be a whole number from 1");
      }
      if (item.get("payload") == null) throw new EventException("events[].payload is missing");
      items.add(new Item((String) item.get("id"), sequence, item.get("payload")));
    }
    return items;
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
