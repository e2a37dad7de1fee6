package tidemark.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Without arguments: the kit against docs/wire/vectors.json (run it from the folder sdk/java). With
 * {@code inbox HOST:PORT DIALECT}: its SQL on a real database at the other end, tests/sdk_test.py.
 */
public final class ReceiverTest {
  private static Map<String, Object> vectors;
  private static Map<String, Object> receiving;

  public static void main(String[] arguments) throws Exception {
    receiving = object(Json.parse(Files.readString(Path.of("../../docs/wire/receiving.json"))));
    if (arguments.length == 3) {
      inbox(arguments[1], Inbox.Dialect.valueOf(arguments[2].toUpperCase(Locale.ROOT)));
    } else {
      vectors = object(Json.parse(Files.readString(Path.of("../../docs/wire/vectors.json"))));
      keys();
      verifying();
      eventOfADelivery();
      eventsOfABatch();
      textStyleNamesAnEventByWhatIsSigned();
      signedNonsense();
      answers();
      errorsOfTakeStayHere();
      pulledEventsHaveTheIdOfTheirDelivery();
      json();
      hubs();
    }
    System.out.println("passed");
  }

  private static void keys() {
    for (Map<String, Object> vector : list("webhook_keys")) {
      byte[] key = Signature.webhookKey(text(vector, "secret"));
      same(vector.get("key_hex"), key == null ? null : HexFormat.of().formatHex(key), vector);
    }
  }

  private static void verifying() {
    for (Map<String, Object> vector : list("verify")) {
      List<?> accepted = (List<?>) vector.get("accepted");
      Signature.Policy policy = new Signature.Policy(number(vector, "tolerance_s"),
          accepted.contains("standard"), accepted.contains("raw"));
      String verdict;
      try {
        verdict = Signature.verify(headers(vector)::get, body(vector), secrets(vector),
            number(vector, "now"), policy).name();
      } catch (SignatureException refused) {
        verdict = refused.fault().name();
      }
      // This kit verifies what is signed over the body's bytes.
      String wanted = text(vector, "verdict");
      same(wanted.equals("sorted-json") ? "mismatch" : wanted, verdict.toLowerCase(Locale.ROOT),
          vector.get("name"));
    }
  }

  private static void eventOfADelivery() throws Exception {
    Map<String, Object> vector = signed("the event of the examples");
    Map<String, String> headers = headers(vector);
    headers.put("x-tidemark-sequence", "41");
    List<Event> events = receiverOf(vector).receive(headers::get, body(vector));
    same(1, events.size(), "one event");
    Event event = events.get(0);
    same(text(vector, "id"), event.id(), "id");
    same(41L, event.sequence(), "sequence");
    same(1001L, event.voucherId(), "voucher");
    same(1L, event.sourceVersion(), "version");
    same(new BigDecimal("100000.00"), event.data().get("amount"), "amount with its zeros");
    same("上海示例公司", event.voucher().get("counterparty_name"), "Chinese");
    same("settlement/purchase_goods/12345/l1_confirmed", event.record(), "record");
  }

  private static void eventsOfABatch() throws Exception {
    Map<String, Object> vector = signed("the batch of the examples");
    List<Event> events = receiverOf(vector).receive(headers(vector)::get, body(vector));
    same(List.of(41L, 42L), events.stream().map(Event::sequence).toList(), "sequence");
    same("settlement/supplier/88/supplier.changed", events.get(1).record(), "record");
  }

  private static void textStyleNamesAnEventByWhatIsSigned() throws Exception {
    Map<String, Object> vector = signed("secret of people");
    Map<String, String> headers = headers(vector);
    headers.put("webhook-id", "msg_other");
    Receiver receiver = receiverOf(vector);
    Event event = receiver.receive(headers::get, body(vector)).get(0);
    same(true, event.id().matches("sha256-[0-9a-f]{64}"), event.id());
    Event pulled = receiver.pulled(new Hub.Item(41, "msg_1", text(vector, "body")));
    same(event.id(), pulled.id(), "pulled");
  }

  private static void signedNonsense() throws Exception {
    Map<String, Object> vector = signed("secret of people");
    for (String body : List.of("", "1", "[]", "null", "{}", "{\"event\":\"a\"}", "{\"events\":[1]}",
        "{\"events\":[{\"id\":\"a\"}]}", "[".repeat(100000))) {
      byte[] mac = Signature.macOf(secrets(vector).get(0).getBytes(UTF_8), body.getBytes(UTF_8));
      Map<String, String> headers = headers(vector);
      headers.put("x-signature", "sha256:" + HexFormat.of().formatHex(mac));
      refuses(EventException.class,
          () -> receiverOf(vector).receive(headers::get, body.getBytes(UTF_8)));
    }
    for (List<String> secrets : List.of(List.<String>of(), List.of(""), List.of("a", ""))) {
      refuses(IllegalArgumentException.class, () -> new Receiver(secrets));
    }
  }

  private static void answers() throws Exception {
    for (Map<String, Object> vector : list(receiving, "requests")) {
      String name = text(vector, "name");
      List<String> taken = new ArrayList<>();
      Answer answer = receiverOf(vector, "now").handle(headers(vector)::get, body(vector), event -> {
        taken.add(event.id());
        Object refusal = object(vector.get("refuses")).get(event.id());
        if (refusal != null) throw new RefusalException((String) refusal);
        if (((List<?>) vector.get("fails")).contains(event.id())) throw new IllegalStateException();
        if (((List<?>) vector.get("unavailable")).contains(event.id())) {
          throw new UnavailableException("the database");
        }
      });
      same(number(vector, "status"), (long) answer.status(), name);
      same(vector.get("taken"), taken, name);
      Map<String, Object> given = object(Json.parse(new String(answer.body(), UTF_8)));
      Map<String, Object> wanted = object(vector.get("answer"));
      said(wanted, given, name);
      List<String> failed = new ArrayList<>();
      if (wanted.containsKey("results")) {
        List<Map<String, Object>> results = list(given, "results");
        List<Map<String, Object>> wantedResults = list(wanted, "results");
        same(wantedResults.size(), results.size(), name);
        for (int i = 0; i < results.size(); i++) {
          said(wantedResults.get(i), results.get(i), name);
          if (number(results.get(i), "code") != 0) failed.add(text(results.get(i), "id"));
        }
        same(failed, answer.failures().stream().map(Answer.Failure::id).toList(), name);
      } else {
        same(false, given.containsKey("results"), name);
        same(answer.status() == 200 ? 0 : 1, answer.failures().size(), name);
      }
    }
  }

  /** A message that is null in the vectors is each receiver's own. */
  private static void said(Map<String, Object> wanted, Map<String, Object> given, String name) {
    same(wanted.get("id"), given.get("id"), name);
    same(number(wanted, "code"), number(given, "code"), name);
    if (wanted.get("message") != null) same(wanted.get("message"), given.get("message"), name);
    same(false, text(given, "message").isEmpty(), name);
  }

  private static void errorsOfTakeStayHere() throws Exception {
    Map<String, Object> vector = signed("the event of the examples");
    Exception reason = new java.sql.SQLException("INSERT INTO salaries");
    Answer answer = receiverOf(vector).handle(headers(vector)::get, body(vector), event -> {
      throw reason;
    });
    same("{\"code\":500,\"message\":\"the event could not be stored\"}", answer.text(), "answer");
    same(List.of(new Answer.Failure(text(vector, "id"), reason)), answer.failures(), "failures");
    Answer half = receiverOf(vector).handle(headers(vector)::get, body(vector), event -> {
      throw new RefusalException("\ud83dx");
    });
    same("{\"code\":422,\"message\":\" x\"}", half.text(), "the hub reads no half of a pair");
    Answer interrupted = receiverOf(vector).handle(headers(vector)::get, body(vector), event -> {
      throw new InterruptedException();
    });
    same(500, interrupted.status(), "interrupted");
    same(true, Thread.interrupted(), "interrupted");
  }

  private static void pulledEventsHaveTheIdOfTheirDelivery() throws Exception {
    for (Map<String, Object> vector : list(receiving, "pulled")) {
      if (!text(vector, "style").equals("raw")) continue;
      Receiver receiver = receiverOf(vector, "now");
      for (Object element : (List<?>) vector.get("deliveries")) {
        receiver.receive(headers(object(element))::get, body(object(element)));
      }
      Map<String, Object> item = object(vector.get("item"));
      Event event = receiver.pulled(
          new Hub.Item(number(item, "sequence"), text(item, "event_id"), text(item, "body")));
      same(text(vector, "id"), event.id(), vector.get("name"));
    }
  }

  private static void json() throws Exception {
    same(List.of("\u00e9\ud83d\ude00\n/"), Json.parse("[\"\\u00e9\\uD83D\\uDE00\\n\\/\"]"), "escapes");
    same(Map.of("a", new BigDecimal("2")), Json.parse(" {\"a\":1,\"a\":2} "), "repeated names");
    same(new BigDecimal("123456789012345678901234567890.10"),
        Json.parse("123456789012345678901234567890.10"), "digits");
    for (String text : List.of("01", "1.", ".5", "+1", "-", "nan", "[1,]", "{\"a\":1,}", "{a:1}", "'a'",
        "\"a", "\"\n\"", "\"\\x\"", "\"\\u12g4\"", "1 2", "tru", "1e99999999999", "\u00a01")) {
      refuses(EventException.class, () -> Json.parse(text));
    }
  }

  private static void hubs() throws Exception {
    hub(200, "{\"data\":[{\"sequence\":42,\"event_id\":\"m\",\"event\":\"e\",\"body\":\"{}\"}],"
        + "\"next_after\":42,\"has_more\":false}", hub -> {
          Hub.Page page = hub.eventsAfter("7/x", 41);
          same(new Hub.Page(List.of(new Hub.Item(42, "m", "{}")), 42, false), page, "page");
        });
    Map<String, Integer> others = new HashMap<>(Map.of("{\"x\":401}", 401, "", 503, "moved", 302,
        "<html>", 200, "[]", 200, "{}", 200));
    others.put("{\"data\":[],\"next_after\":41,\"has_more\":true}", 200);
    others.put("{\"data\":[],\"next_after\":40,\"has_more\":false}", 200);
    for (Map.Entry<String, Integer> other : others.entrySet()) {
      hub(other.getValue(), other.getKey(),
          hub -> refuses(IOException.class, () -> hub.eventsAfter("7/x", 41)));
    }
  }

  /** Runs {@code work} with a hub that answers so, and counts the requests. */
  private static void hub(int status, String body, Work work) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    AtomicInteger asked = new AtomicInteger();
    server.createContext("/", exchange -> {
      same("/api/v1/subscriptions/7%2Fx/events?after=41", exchange.getRequestURI().toString(), "path");
      same("Bearer t0k", exchange.getRequestHeaders().getFirst("Authorization"), "token");
      asked.incrementAndGet();
      exchange.getResponseHeaders().add("Location", "/elsewhere");
      exchange.sendResponseHeaders(status, 0);
      exchange.getResponseBody().write(body.getBytes(UTF_8));
      exchange.close();
    });
    server.start();
    try {
      work.with(new Hub("http://127.0.0.1:" + server.getAddress().getPort() + "/", "t0k"));
      same(1, asked.get(), "a redirect is not followed");
    } finally {
      server.stop(0);
    }
  }

  private static void inbox(String address, Inbox.Dialect dialect) throws Exception {
    String[] parts = address.split(":");
    try (Socket socket = new Socket(parts[0], Integer.parseInt(parts[1]));
        BufferedReader answers =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
      Inbox.Execute execute = (sql, arguments) -> {
        try {
          String line = "{\"sql\":" + quoted(sql) + ",\"args\":["
              + String.join(",", List.of(arguments).stream().map(ReceiverTest::quoted).toList()) + "]}\n";
          socket.getOutputStream().write(line.getBytes(UTF_8));
          return (int) Event.whole(object(Json.parse(answers.readLine())).get("rows"));
        } catch (IOException | EventException broken) {
          throw new java.sql.SQLException(broken);
        }
      };
      Inbox inbox = new Inbox("settlement", dialect);
      for (int twice = 0; twice < 2; twice++) {
        for (String table : inbox.tables()) execute.run(table);
      }
      List<Boolean> given = new ArrayList<>();
      for (String id : List.of("msg_a", "msg_a", "MSG_A")) given.add(inbox.firstTime(execute, id));
      for (long version : new long[] {2, 1, 2, 5, 3, 6}) {
        given.add(inbox.newer(execute, "s/t/上海/e", version));
      }
      for (long sequence : new long[] {1, 2, 5, 2, 3}) given.add(inbox.next(execute, sequence));
      inbox.filled(execute, 7);
      given.add(inbox.next(execute, 8));
      same(List.of(true, false, true, true, false, false, true, false, true, true, true, false, false,
          true, true), given, "repeats, versions, sequence");
      batchThrough(inbox, execute);
      for (String bad : List.of("", "a b", "é", "a".repeat(256))) {
        refuses(IllegalArgumentException.class, () -> inbox.firstTime(execute, bad));
      }
      refuses(IllegalArgumentException.class, () -> inbox.newer(execute, "x".repeat(501), 1));
    }
  }

  /** Each event of a batch has a transaction of its own: what fails leaves nothing, and comes again. */
  private static void batchThrough(Inbox inbox, Inbox.Execute execute) throws Exception {
    Map<String, Object> vector = list(receiving, "requests").stream()
        .filter(v -> text(v, "name").startsWith("one is refused, ")).findFirst().orElseThrow();
    List<?> taken = (List<?>) vector.get("taken");
    List<Object> failing = new ArrayList<>(taken.subList(0, 2));
    List<Object> first = new ArrayList<>();
    Receiver.Take take = event -> {
      execute.run("BEGIN");
      boolean isFirst = inbox.firstTime(execute, event.id());
      if (failing.contains(event.id())) {
        execute.run("ROLLBACK");
        throw new IOException();
      }
      execute.run("COMMIT");
      if (isFirst) first.add(event.id());
    };
    Receiver receiver = receiverOf(vector, "now");
    for (List<Long> codes : List.of(List.of(500L, 500L, 0L), List.of(0L, 0L, 0L))) {
      Answer answer = receiver.handle(headers(vector)::get, body(vector), take);
      List<Map<String, Object>> results = list(object(Json.parse(answer.text())), "results");
      same(codes, results.stream().map(result -> number(result, "code")).toList(), "codes");
      failing.clear();
    }
    same(List.of(taken.get(2), taken.get(0), taken.get(1)), first, "applied");
  }

  private interface Work {
    void with(Hub hub) throws Exception;
  }

  private interface Attempt {
    Object make() throws Exception;
  }

  private static void refuses(Class<? extends Exception> wanted, Attempt attempt) throws Exception {
    Object made;
    try {
      made = attempt.make();
    } catch (Exception refused) {
      if (wanted.isInstance(refused)) return;
      throw refused;
    }
    throw new AssertionError("accepted: " + made);
  }

  private static void same(Object wanted, Object given, Object what) {
    if (!Objects.equals(wanted, given)) {
      throw new AssertionError(what + ": " + given + ", not " + wanted);
    }
  }

  private static String quoted(Object value) {
    if (value instanceof Number) return value.toString();
    return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object value) {
    return (Map<String, Object>) value;
  }

  private static List<Map<String, Object>> list(String name) {
    return list(vectors, name);
  }

  private static List<Map<String, Object>> list(Map<String, Object> of, String name) {
    List<Map<String, Object>> found = new ArrayList<>();
    for (Object element : (List<?>) of.get(name)) found.add(object(element));
    same(false, found.isEmpty(), name);
    return found;
  }

  private static Map<String, Object> signed(String name) {
    return list("sign").stream().filter(v -> v.get("name").equals(name)).findFirst().orElseThrow();
  }

  private static Receiver receiverOf(Map<String, Object> vector) {
    return receiverOf(vector, "timestamp");
  }

  private static Receiver receiverOf(Map<String, Object> vector, String clock) {
    return new Receiver(secrets(vector), Signature.Policy.DEFAULT, () -> number(vector, clock));
  }

  private static String text(Map<String, Object> vector, String name) {
    return (String) vector.get(name);
  }

  private static byte[] body(Map<String, Object> vector) {
    return text(vector, "body").getBytes(UTF_8);
  }

  private static long number(Map<String, Object> vector, String name) {
    return ((BigDecimal) vector.get(name)).longValueExact();
  }

  private static List<String> secrets(Map<String, Object> vector) {
    return ((List<?>) vector.get("secrets")).stream().map(String.class::cast).toList();
  }

  private static Map<String, String> headers(Map<String, Object> vector) {
    Map<String, String> headers = new HashMap<>();
    object(vector.get("headers")).forEach((name, value) -> headers.put(name, (String) value));
    return headers;
  }
}
