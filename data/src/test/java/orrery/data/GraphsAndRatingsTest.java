package orrery.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GraphsAndRatingsTest {
    @TempDir
    Path folder;

    private Data data() {
        return new Data(Cache.none(), new Catalogue(folder));
    }

    private String file(String name, String text) throws IOException {
        var file = folder.resolve(name);
        Files.writeString(file, text);
        return file.toString();
    }

    @Test
    void edgesAreReadOnceEach() throws IOException {
        var graph = data().graph(
                        file("g.txt", "# comment\n% another\n\na b\nb\tc\r\na b\nc   a\nb b"), ListOptions.defaults())
                .value();
        assertThat(graph.names()).containsExactly("a", "b", "c");
        assertThat(graph.edges()).isEqualTo(4);
        assertThat(graph.outDegree()).containsExactly(1, 2, 1);
        assertThat(graph.starts()).containsExactly(0, 1, 3, 4);
        assertThat(graph.sources()).containsExactly(2, 0, 1, 1);
        assertThat(graph.find("c")).isEqualTo(2);
        assertThat(graph.find("d")).isEqualTo(-1);
    }

    @Test
    void aLongLineIsReadWhole() throws IOException {
        String name = "n".repeat(100_000);
        assertThat(data().graph(file("long.txt", name + " b\n"), ListOptions.defaults())
                        .value()
                        .names()
                        .getFirst())
                .hasSize(100_000);
    }

    @Test
    void whatIsNoGraphIsAnError() throws IOException {
        assertThatThrownBy(() -> data().graph(file("g.txt", "a b\nc\n"), ListOptions.defaults())
                        .value())
                .isInstanceOf(DataException.class)
                .hasMessage("g.txt:2: expected two nodes among 2 fields, found 1");
        assertThatThrownBy(() -> data().graph(file("e.txt", "# nothing\n"), ListOptions.defaults())
                        .value())
                .hasMessageContaining("there is nothing in it");
        assertThatThrownBy(
                        () -> data().graph("jdk-verbs", ListOptions.defaults()).value())
                .hasMessageContaining("is no graph");
        assertThatThrownBy(
                        () -> data().graph("jdk-grahp", ListOptions.defaults()).value())
                .hasMessageContaining("did you mean 'jdk-graph'");
    }

    @Test
    void theGraphOfTheJdkIsKnown() throws IOException {
        var graph = data().graph("jdk-graph", ListOptions.defaults()).value();
        int object = graph.find("java/lang/Object");
        assertThat(object).isNotNegative();
        int in = graph.starts()[object + 1] - graph.starts()[object];
        assertThat(in).isGreaterThan(graph.nodes() / 2);
        assertThat(graph.sum())
                .isEqualTo(data().graph("jdk-graph", ListOptions.defaults())
                        .value()
                        .sum());
    }

    @Test
    void ratingsAreReadInTheirUsualForms() throws IOException {
        for (String text : new String[] {
            "user,item,rating\n7,x,4.5\n8,x,1\n7,y,3\n",
            "7::x::4.5::99\n8::x::1::98\n7::y::3::97\n",
            "7 x 4.5\n8 x 1\n7 y 3"
        }) {
            var ratings =
                    data().ratings(file("r.txt", text), ListOptions.defaults()).value();
            assertThat(ratings.userNames()).containsExactly("7", "8");
            assertThat(ratings.itemNames()).containsExactly("x", "y");
            assertThat(ratings.values()).containsExactly(4.5f, 1, 3);
            assertThat(ratings.users()).containsExactly(0, 1, 0);
            assertThat(ratings.items()).containsExactly(0, 0, 1);
        }
        assertThatThrownBy(() -> data().ratings(file("bad.txt", "u i r\n7 x 4\n8 x four\n"), ListOptions.defaults())
                        .value())
                .isInstanceOf(DataException.class)
                .hasMessage("bad.txt:3: expected user, item and rating, found 'four' where a number should be");
    }

    @Test
    void aSplitHoldsOutWhatItSays() throws IOException {
        var text = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            text.append(i % 40).append(' ').append(i % 7).append(' ').append(i).append('\n');
        }
        var split = data().ratings(file("r.txt", text.toString()), ListOptions.defaults())
                .value()
                .split(0.2, 5);
        assertThat(split.test().size()).isBetween(150, 250);
        assertThat(split.train().size() + split.test().size()).isEqualTo(1000);
        assertThat(split.train().userCount()).isEqualTo(40);
        double sum = (split.train().mean() * split.train().size()
                + split.test().mean() * split.test().size());
        assertThat(sum).isBetween(499_000.0, 500_000.0);
    }

    /** A list of three columns, one of them a compact sequence, in R's serialisation. */
    @Test
    void framesOfRAreRead() throws IOException {
        byte[] frame = packed(out -> {
            out.writeInt(19 | 0x200); // a list with attributes
            out.writeInt(3);
            out.writeInt(13);
            out.writeInt(2);
            out.writeInt(41);
            out.writeInt(42);
            out.writeInt(14);
            out.writeInt(2);
            out.writeDouble(0.5);
            out.writeDouble(4);
            out.writeInt(238); // 7, 8 as a sequence
            pair(out, "compact_intseq");
            out.writeInt(14);
            out.writeInt(3);
            out.writeDouble(2);
            out.writeDouble(7);
            out.writeDouble(1);
            out.writeInt(254);
            names(out, "id", "x", "n");
        });
        byte[] index = packed(out -> {
            out.writeInt(19 | 0x200);
            out.writeInt(1);
            out.writeInt(19 | 0x200);
            out.writeInt(1);
            out.writeInt(13);
            out.writeInt(2);
            out.writeInt(0);
            out.writeInt(4 + frame.length);
            names(out, "frame");
            names(out, "variables");
        });
        var raw = new ByteArrayOutputStream();
        new DataOutputStream(raw).writeInt(1000);
        raw.write(frame);
        Files.write(folder.resolve("Rdata.rdb"), raw.toByteArray());
        Files.write(folder.resolve("Rdata.rdx"), index);
        var read = RData.read(folder, "frame");
        assertThat(read.get("id").numbers()).containsExactly(41, 42);
        assertThat(read.get("x").numbers()).containsExactly(0.5, 4);
        assertThat(read.get("n").numbers()).containsExactly(7, 8);
        assertThatThrownBy(() -> read.get("y")).hasMessageContaining("no 'y'");
        assertThatThrownBy(() -> RData.read(folder, "other")).hasMessageContaining("no 'other'");
    }

    private interface Writing {
        void to(DataOutputStream out) throws IOException;
    }

    private static byte[] packed(Writing what) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
            out.writeBytes("X\n");
            out.writeInt(2);
            out.writeInt(0);
            out.writeInt(0);
            what.to(out);
        }
        return bytes.toByteArray();
    }

    private static void names(DataOutputStream out, String... names) throws IOException {
        out.writeInt(2 | 0x400); // a pair with a tag
        symbol(out, "names");
        out.writeInt(16);
        out.writeInt(names.length);
        for (var name : names) {
            word(out, name);
        }
        out.writeInt(254);
    }

    private static void pair(DataOutputStream out, String symbol) throws IOException {
        out.writeInt(2);
        symbol(out, symbol);
        out.writeInt(254);
    }

    private static void symbol(DataOutputStream out, String name) throws IOException {
        out.writeInt(1);
        word(out, name);
    }

    private static void word(DataOutputStream out, String word) throws IOException {
        var bytes = word.getBytes(StandardCharsets.UTF_8);
        out.writeInt(9);
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}
