package tidemark.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What to say to a request. Send it as it stands, as application/json.
 *
 * @param status of HTTP
 * @param text the body, in UTF-8
 * @param failures for the log; the hub does not see what {@link Receiver.Take} throws
 */
public record Answer(int status, String text, List<Failure> failures) {
  /**
   * What did not succeed.
   *
   * @param id of the event; null: the request as a whole
   */
  public record Failure(String id, Exception cause) {}

  /** What is said of one event, or of a request. Code 0, or the HTTP status that it would get alone. */
  record Result(String id, int code, String message) {
    static final String NOT_STORED = "the event could not be stored";

    static Result success(String id) {
      return new Result(id, 0, "success");
    }

    /** Other exceptions may show what is nobody's business: a statement, a host, a person. */
    static Result of(String id, Exception cause) {
      if (cause instanceof EventException) return new Result(id, 400, cause.getMessage());
      if (cause instanceof RefusalException) return new Result(id, 422, cause.getMessage());
      return new Result(id, 500, NOT_STORED);
    }

    private String fields() {
      return "\"code\":" + code + ",\"message\":" + Json.quoted(clean(message));
    }
  }

  // The hub reads 64 KiB of an answer, and a batch has up to 100 events. One that is cut off says nothing
  // about any event, and all of them would come again.
  private static final int MESSAGE_CHARACTERS_MAX = 120;

  /** The bytes of the body. */
  public byte[] body() {
    return text.getBytes(UTF_8);
  }

  /** {"code","message"}, with the status of the same meaning. */
  static Answer ofOne(Result result, List<Failure> failures) {
    return new Answer(result.code == 0 ? 200 : result.code, "{" + result.fields() + "}",
        List.copyOf(failures));
  }

  /** {"code","message","results":[{"id","code","message"}]}: docs/wire/schema/batch-answer.json. */
  static Answer ofBatch(List<Result> results, List<Failure> failures) {
    String listed = results.stream()
        .map(result -> "{\"id\":" + Json.quoted(result.id) + "," + result.fields() + "}")
        .collect(Collectors.joining(","));
    return new Answer(200, "{\"code\":0,\"message\":\"success\",\"results\":[" + listed + "]}",
        List.copyOf(failures));
  }

  /** Cuts a message, and takes control characters and halves of pairs out. */
  private static String clean(String message) {
    StringBuilder out = new StringBuilder();
    if (message == null) return "";
    message.codePoints().limit(MESSAGE_CHARACTERS_MAX).forEach(point -> {
      boolean surrogate = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
      out.appendCodePoint(point < ' ' || point == 0x7f || surrogate ? ' ' : point);
    });
    return out.toString();
  }
}
