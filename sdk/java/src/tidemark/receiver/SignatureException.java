package tidemark.receiver;

/** The request is not to be believed. Answer it with 401. */
public final class SignatureException extends Exception {
  private static final long serialVersionUID = 1;

  public enum Fault {
    MISSING_HEADER, MALFORMED, TOO_OLD, TOO_NEW, MISMATCH
  }

  private final Fault fault;

  SignatureException(Fault fault) {
    super("signature refused: " + fault.name().toLowerCase(java.util.Locale.ROOT));
    this.fault = fault;
  }

  public Fault fault() {
    return fault;
  }
}
