package tidemark.receiver;

/**
 * For {@link Receiver.Take} to throw: nothing can be taken now, for instance because the database is away.
 * No further event is tried; the hub sends all of them again, and slows down when this goes on.
 */
public final class UnavailableException extends Exception {
  private static final long serialVersionUID = 1;

  public UnavailableException(Throwable cause) {
    super(cause);
  }

  public UnavailableException(String message) {
    super(message);
  }
}
