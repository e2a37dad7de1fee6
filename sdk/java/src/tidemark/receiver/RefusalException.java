package tidemark.receiver;

/**
 * For {@link Receiver.Take} to throw: this event will never be taken. The hub parks it (422) and shows the
 * words (the first 120 characters) to a person; the other events of a batch are not touched.
 */
public final class RefusalException extends Exception {
  private static final long serialVersionUID = 1;

  public RefusalException(String message) {
    super(message);
  }

  public RefusalException(String message, Throwable cause) {
    super(message, cause);
  }
}
