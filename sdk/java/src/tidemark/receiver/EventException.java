package tidemark.receiver;

/** The body is signed but is no event. Answer it with 400: the hub parks it. */
public final class EventException extends Exception {
  private static final long serialVersionUID = 1;

  EventException(String reason) {
    super("the body is no event: " + reason);
  }
}
