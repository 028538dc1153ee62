package orrery.bench.nets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import orrery.bench.Figure;
import orrery.bench.Python;
import orrery.bench.Report;

/**
 * The net char-lstm on a text beside PyTorch's LSTM of the same size: as many steps, examples and characters; the last twentieth of the text is
 * the test.
 */
final class Letters {
    private static final double TEST = 0.05;

    private final Python python;

    Letters(String command) {
        python = new Python(command);
    }

    void table(Report report, String text, int batch, List<Figure> figures) throws Exception {
        if (text.isEmpty()) {
            report.say("the part characters needs a text: --text FILE");
            return;
        }
        var folder = Files.createTempDirectory("letters");
        try {
            var ours = Command.train(
                    folder,
                    List.of(
                            text,
                            "--net",
                            "char-lstm",
                            "--split",
                            String.valueOf(TEST),
                            "--rule",
                            "adam",
                            "--rate",
                            "0.002",
                            "--schedule",
                            "constant",
                            "--decay",
                            "0",
                            "--passes",
                            "1",
                            "--workers",
                            "1",
                            "--batch",
                            String.valueOf(batch)));
            say(report, "Orrery", ours.metric("bits"), ours.rate(), ours.seconds());
            if (python.has("torch")) {
                var said = python.run(
                        Letters.class,
                        "characters.py",
                        PyTorch.KEEPS,
                        List.of(
                                Path.of(text).toAbsolutePath().toString(),
                                String.valueOf(batch),
                                String.valueOf(TEST)));
                var words = said.lines()
                        .filter(line -> line.startsWith("reached "))
                        .findFirst()
                        .orElseThrow(() -> new IOException("characters.py printed " + said))
                        .split(" ", -1);
                double bits = Double.parseDouble(words[1]);
                double rate = Double.parseDouble(words[2]);
                say(report, "PyTorch", bits, rate, Double.parseDouble(words[3]));
                figures.add(Figure.less(
                        "char-lstm, test", "bits a character", ours.metric("bits"), bits, "PyTorch", 1, ""));
                figures.add(Figure.more("char-lstm", "examples/CPU-s", ours.rate(), rate, "PyTorch", 1, ""));
            }
        } finally {
            try (var all = Files.walk(folder)) {
                for (var file : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void say(Report report, String who, double bits, double rate, double seconds) {
        report.row(
                String.format(
                        Locale.ROOT,
                        "%-8s one thread: %.4f bits a character of the test, %,.0f examples a CPU second, %.0f s",
                        who,
                        bits,
                        rate,
                        seconds),
                "by",
                who,
                "bits",
                bits,
                "examplesPerCpuSecond",
                rate,
                "seconds",
                seconds);
    }
}
