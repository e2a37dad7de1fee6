package tidemark.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Fetches from the hub what did not arrive. Threads may share it. */
public final class Hub {
  /** One event of a page, for Receiver.pulled. {@code body}: the text that was pushed, to the byte. */
  public record Item(long sequence, String eventId, String body) {}

  /**
   * In the order of the sequence numbers. Note {@code nextAfter} with Inbox.filled when the items are
   * applied.
   */
  public record Page(List<Item> items, long nextAfter, boolean hasMore) {}

  private static final int ANSWER_BYTES_MAX = 64 << 20;

  private final String url;
  private final String token;
  private final Duration timeout;
  // The token is for this hub alone.
  private final HttpClient client =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();

  /** {@code url} like https://hub.example.com, {@code token} of the role viewer; 30 s for a page. */
  public Hub(String url, String token) {
    this(url, token, Duration.ofSeconds(30));
  }

  public Hub(String url, String token, Duration timeout) {
    this.url = url.replaceAll("/+$", "");
    this.token = token;
    this.timeout = timeout;
  }

  /**
   * Fetches one page.
   *
   * @throws IOException the hub did not answer as it should: try again later, nothing has moved
   */
  public Page eventsAfter(String subscription, long after) throws IOException, InterruptedException {
    String path = URLEncoder.encode(subscription, UTF_8).replace("+", "%20");
    URI uri = URI.create(url + "/api/v1/subscriptions/" + path + "/events?after=" + after);
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(timeout)
        .header("Authorization", "Bearer " + token).build();
    HttpResponse<InputStream> answer =
        client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    byte[] bytes;
    try (InputStream body = answer.body()) {
      if (answer.statusCode() != 200) throw fault(uri, "HTTP " + answer.statusCode());
      bytes = body.readNBytes(ANSWER_BYTES_MAX + 1);
    }
    if (bytes.length > ANSWER_BYTES_MAX) throw fault(uri, "more than 64 MiB");
    Page page;
    try {
      page = pageOf(Json.parse(new String(bytes, UTF_8)));
    } catch (EventException noPage) {
      throw fault(uri, "not the answer of a hub: " + noPage.getMessage());
    }
    if (page.nextAfter < after || page.hasMore && page.nextAfter == after) {
      throw fault(uri, "the page does not go on");
    }
    return page;
  }

  private static Page pageOf(Object answer) throws EventException {
    Map<String, Object> fields = Event.object(answer, "the answer");
    if (!(fields.get("data") instanceof List<?> data)
        || !(fields.get("has_more") instanceof Boolean hasMore)) {
      throw new EventException("a field is missing");
    }
    List<Item> items = new ArrayList<>();
    for (Object element : data) {
      Map<String, Object> item = Event.object(element, "the item");
      if (!(item.get("event_id") instanceof String eventId)
          || !(item.get("body") instanceof String body)) {
        throw new EventException("a field is missing");
      }
      items.add(new Item(Event.whole(item.get("sequence")), eventId, body));
    }
    return new Page(items, Event.whole(fields.get("next_after")), hasMore);
  }

  private static IOException fault(URI uri, String reason) {
    return new IOException("GET " + uri + ": " + reason);
  }
}
