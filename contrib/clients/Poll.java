// Polls the gateway until a task is finished, with the library of Java 17
// alone, from its source:
//
//     java Poll.java URL TASK_ID [DEADLINE [GRACE]]
//
// URL is the gateway's location, without a query.  DEADLINE: seconds until it
// gives up (1200); GRACE: seconds for which a task may be unknown (30).
//
// Exits with 0 where the task succeeded and 3 where it failed, the answer on
// standard output; 2 where the request is refused, 4 where there is no such
// task, 5 at the deadline.  Standard error tells of each step.

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static java.nio.charset.StandardCharsets.UTF_8;

public class Poll {

    record Answer(String state, byte[] body) {
    }

    static class PollException extends Exception {

        static final long serialVersionUID = 1;

        final int code;     // the exit code

        PollException(int code, String message) {
            super(message);
            this.code = code;
        }
    }

    // Where no library for JSON is at hand: the first key of that name is the
    // right one.

    static final Pattern STATE = string("workflowStatus");
    static final Pattern MESSAGE = string("message");

    static final HttpClient CLIENT = HttpClient.newBuilder()
        .connectTimeout(Duration.ofSeconds(10))
        .build();

    static Pattern string(String key) {
        return Pattern.compile("(?<!\\\\)\"" + key + "\"\\s*:\\s*\"([^\"]*)\"");
    }

    static String find(Pattern pattern, HttpResponse<byte[]> answer) {
        Matcher matcher = pattern.matcher(new String(answer.body(), UTF_8));
        return matcher.find() ? matcher.group(1) : null;
    }

    static double now() {
        return System.nanoTime() / 1e9;
    }

    static long millis(double seconds) {
        return (long) Math.ceil(seconds * 1000);
    }

    // One request; null where no answer came.  A gateway may hold it for up to
    // 25 s, see docs/polling.md.

    static HttpResponse<byte[]> ask(String url, String task, double limit)
        throws InterruptedException
    {
        HttpRequest request = HttpRequest.newBuilder()
            .uri(URI.create(url + "?taskId=" + URLEncoder.encode(task, UTF_8)))
            .header("Accept", "application/json")
            .header("Prefer", "wait=25")
            .timeout(Duration.ofMillis(millis(limit)))
            .build();

        try {
            // .timeout() ends with the header, this one with the body
            return CLIENT.sendAsync(request, BodyHandlers.ofByteArray())
                .get(millis(limit), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return null;
        }
    }

    // What the answer asks for, else 1, 2, 4 ... 30 s, some of it at random.

    static double pauseAfter(HttpResponse<byte[]> answer, int failures) {
        if (answer != null) {
            var headers = answer.headers();
            var said = headers.firstValue("Retry-After").orElse("");

            if (said.matches("[0-9]{1,5}")) {
                return Integer.parseInt(said);
            }
            if (answer.statusCode() == 200) {
                return headers.firstValue("Preference-Applied").isPresent()
                    ? 0 : 5;
            }
        }

        return Math.min(30, Math.pow(2, failures))
            * ThreadLocalRandom.current().nextDouble(0.5, 1);
    }

    static Answer poll(String url, String task, double deadline, double grace)
        throws PollException, InterruptedException
    {
        double end = now() + deadline;
        int failures = 0;
        Double unknownSince = null;

        for ( ;; ) {
            double asked = now();
            double limit = Math.min(45, Math.max(1, end - asked));
            var answer = ask(url, task, limit);
            int status = answer == null ? 0 : answer.statusCode();
            double pause = pauseAfter(answer, failures);
            String what;

            if (status == 200) {
                String state = find(STATE, answer);

                if ("SUCCESS".equals(state) || "FAILED".equals(state)) {
                    return new Answer(state, answer.body());
                }

                // CREATED, PROCESSING, and what may come to be one day
                what = state == null ? "no state" : state;
                failures = 0;
                unknownSince = null;
            } else if (status == 404) {
                // it may not be there yet, just after the upload
                unknownSince = unknownSince == null ? asked : unknownSince;
                if (asked - unknownSince >= grace) {
                    throw new PollException(4, "404, " + find(MESSAGE, answer));
                }
                what = "no such task yet";
                failures++;
            } else if (status == 0 || status == 429 || status >= 500) {
                what = String.format("%03d", status);
                failures++;
            } else {
                throw new PollException(2,
                    status + ", " + find(MESSAGE, answer));
            }

            // not before a second after the last request, whatever was said
            pause = Math.max(pause, asked + 1 - now());
            System.err.printf("poll: %s, again in %.0f s%n", what, pause);

            if (now() + pause >= end) {
                throw new PollException(5,
                    String.format("not finished after %.0f s", deadline));
            }
            Thread.sleep(millis(pause));
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length < 2 || args[0].isEmpty() || args[1].isEmpty()) {
            System.err.println(
                "usage: Poll.java URL TASK_ID [DEADLINE [GRACE]]");
            System.exit(2);
        }

        try {
            Answer answer = poll(args[0], args[1],
                args.length > 2 ? Double.parseDouble(args[2]) : 1200,
                args.length > 3 ? Double.parseDouble(args[3]) : 30);

            System.out.write(answer.body());
            System.out.flush();
            System.exit("SUCCESS".equals(answer.state()) ? 0 : 3);
        } catch (PollException e) {
            System.err.println("poll: " + e.getMessage());
            System.exit(e.code);
        } catch (IllegalArgumentException e) {
            System.err.println("poll: " + e.getMessage());
            System.exit(2);
        }
    }
}
