package tidemark.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tidemark.receiver.SignatureException.Fault;

/** Both signature styles of a delivery. The rules stand in docs/wire/README.md. */
public final class Signature {
  /** How a request was signed: Standard Webhooks, or X-Signature over the body's bytes. */
  public enum Style {
    STANDARD, RAW
  }

  /**
   * What is accepted.
   *
   * @param toleranceSeconds how far a request's time may be from the receiver's clock, to either side
   * @param standard the webhook-* headers
   * @param raw the text style, which does not sign the time
   */
  public record Policy(long toleranceSeconds, boolean standard, boolean raw) {
    /** Both styles, 300 seconds. */
    public static final Policy DEFAULT = new Policy(300, true, true);
    /** Safer where the hub signs with a whsec_ secret. */
    public static final Policy STANDARD_ONLY = new Policy(300, true, false);
  }

  private static final int SIGNATURES_MAX = 8;
  private static final Pattern TIMESTAMP = Pattern.compile("0|[1-9][0-9]{0,11}");
  private static final Pattern X_SIGNATURE = Pattern.compile("sha256:[0-9a-fA-F]{64}");

  private Signature() {}

  /**
   * Checks a request against all secrets that are valid now.
   *
   * @param header gives the value of a header by its name in any case, null if it is not there
   * @param body the bytes as received, before anything parsed them
   * @param now Unix seconds
   */
  public static Style verify(UnaryOperator<String> header, byte[] body, List<String> secrets,
      long now, Policy policy) throws SignatureException {
    String id = header.apply("webhook-id");
    String timestamp = header.apply("webhook-timestamp");
    String list = header.apply("webhook-signature");
    if (policy.standard && (id != null || timestamp != null || list != null)) {
      List<byte[]> keys = webhookKeys(secrets);
      if (!keys.isEmpty()) {
        verifyStandard(id, timestamp, list, body, keys, now, policy);
        return Style.STANDARD;
      }
    }
    if (!policy.raw) throw new SignatureException(Fault.MISSING_HEADER);
    verifyText(header.apply("x-signature"), header.apply("x-timestamp"), body, secrets, now, policy);
    return Style.RAW;
  }

  /** The key in a secret of Standard Webhooks; null for a secret of another form. */
  public static byte[] webhookKey(String secret) {
    byte[] key = strictBase64(secret.startsWith("whsec_") ? secret.substring(6) : secret);
    return key != null && key.length >= 24 && key.length <= 64 ? key : null;
  }

  static List<byte[]> webhookKeys(List<String> secrets) {
    List<byte[]> keys = new ArrayList<>();
    for (String secret : secrets) {
      byte[] key = webhookKey(secret);
      if (key != null) keys.add(key);
    }
    return keys;
  }

  private static void verifyStandard(String id, String timestamp, String list, byte[] body,
      List<byte[]> keys, long now, Policy policy) throws SignatureException {
    if (id == null || timestamp == null || list == null) {
      throw new SignatureException(Fault.MISSING_HEADER);
    }
    if (id.isEmpty() || id.contains(".")) throw new SignatureException(Fault.MALFORMED);
    checkTime(timestamp, now, policy);
    List<byte[]> macs = new ArrayList<>();
    int compared = 0;
    for (String entry : list.split(" ")) {
      if (!entry.startsWith("v1,") || compared == SIGNATURES_MAX) continue;
      compared++;
      byte[] mac = strictBase64(entry.substring(3));
      if (mac != null) macs.add(mac);
    }
    ByteArrayOutputStream signed = new ByteArrayOutputStream();
    signed.writeBytes((id + "." + timestamp + ".").getBytes(UTF_8));
    signed.writeBytes(body);
    for (byte[] key : keys) {
      byte[] expected = macOf(key, signed.toByteArray());
      for (byte[] mac : macs) {
        if (MessageDigest.isEqual(mac, expected)) return;
      }
    }
    throw new SignatureException(Fault.MISMATCH);
  }

  private static void verifyText(String signature, String timestamp, byte[] body,
      List<String> secrets, long now, Policy policy) throws SignatureException {
    if (signature == null || timestamp == null) {
      throw new SignatureException(Fault.MISSING_HEADER);
    }
    checkTime(timestamp, now, policy);
    if (!X_SIGNATURE.matcher(signature).matches()) throw new SignatureException(Fault.MALFORMED);
    byte[] mac = java.util.HexFormat.of().parseHex(signature, 7, signature.length());
    for (String secret : secrets) {
      if (!secret.isEmpty() && MessageDigest.isEqual(mac, macOf(secret.getBytes(UTF_8), body))) {
        return;
      }
    }
    throw new SignatureException(Fault.MISMATCH);
  }

  private static void checkTime(String text, long now, Policy policy) throws SignatureException {
    if (!TIMESTAMP.matcher(text).matches()) throw new SignatureException(Fault.MALFORMED);
    long age = now - Long.parseLong(text);
    if (age > policy.toleranceSeconds) throw new SignatureException(Fault.TOO_OLD);
    if (-age > policy.toleranceSeconds) throw new SignatureException(Fault.TOO_NEW);
  }

  static byte[] macOf(byte[] key, byte[] message) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(message);
    } catch (GeneralSecurityException impossible) { // Every Java platform has HmacSHA256.
      throw new IllegalStateException(impossible);
    }
  }

  /** The one text of each sequence of bytes, and no other. */
  private static byte[] strictBase64(String text) {
    try {
      byte[] data = Base64.getDecoder().decode(text);
      return Base64.getEncoder().encodeToString(data).equals(text) ? data : null;
    } catch (IllegalArgumentException noBase64) {
      return null;
    }
  }
}
