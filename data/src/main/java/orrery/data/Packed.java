package orrery.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import orrery.data.Examples.Part;
import orrery.store.Json;
import orrery.store.Safetensors;
import orrery.store.Safetensors.Tensor;

/** How one kind of data is kept in a {@link Cache}, with a sum of its own that shows damage. */
interface Packed<T> {
    Packed<Loaded> EXAMPLES = new OfExamples();
    Packed<Read<Ratings>> RATINGS = new OfRatings();
    Packed<Read<Graph>> GRAPHS = new OfGraphs();

    /** The folder of the cache that they are in. */
    String folder();

    /** Adds all that is kept of a value. */
    void pack(T value, List<Tensor> tensors, Map<String, String> metadata);

    /**
     * The value that was packed.
     *
     * @throws IOException if it is damaged
     */
    T unpack(Safetensors file) throws IOException;

    /** The value with something more to say of how it was read. */
    T noting(T value, String note);

    /** A sum of all that is in an entry beside the numbers. */
    private static String sum(String ofNumbers, byte[] words, String... texts) {
        var crc = new CRC32C();
        crc.update(words);
        for (var text : texts) {
            crc.update(text.getBytes(StandardCharsets.UTF_8));
        }
        return ofNumbers + String.format(" %08x", crc.getValue());
    }

    private static void check(Safetensors file, String sum) throws IOException {
        if (!sum.equals(file.metadata().get("sum"))) {
            throw new IOException(file.where() + ": damaged");
        }
    }

    private static String text(Safetensors file, String name) {
        return file.metadata().getOrDefault(name, "");
    }

    /** Examples and their schema. */
    final class OfExamples implements Packed<Loaded> {
        private OfExamples() {}

        @Override
        public String folder() {
            return "examples";
        }

        @Override
        public void pack(Loaded loaded, List<Tensor> tensors, Map<String, String> metadata) {
            byte[] words = Cache.joinWords(loaded.schema().words());
            tensors.add(Tensor.bytes("words", words));
            var parts = loaded.examples().parts();
            for (int p = 0; p < parts.size(); p++) {
                var part = parts.get(p);
                tensors.add(Tensor.ints("offsets." + p, part.offsets()));
                tensors.add(Tensor.ints("indices." + p, part.indices()));
                tensors.add(Tensor.floats("values." + p, part.values()));
                tensors.add(Tensor.doubles("labels." + p, part.labels()));
                if (part.weights() != null) {
                    tensors.add(Tensor.floats("weights." + p, part.weights()));
                }
                if (part.groups() != null) {
                    tensors.add(Tensor.ints("groups." + p, part.groups()));
                }
                if (part.keyed() != null) {
                    tensors.add(
                            Tensor.ints("first." + p, new int[] {part.keyed().first()}));
                    tensors.add(Tensor.longs("keys." + p, part.keyed().keys()));
                }
            }
            String schema = Json.line(loaded.schema().toMap());
            String reading = Json.line(loaded.reading().toMap());
            metadata.put("schema", schema);
            metadata.put("reading", reading);
            metadata.put("sum", sum(loaded.examples().sum(), words, schema, reading));
        }

        @Override
        public Loaded unpack(Safetensors file) throws IOException {
            var parts = new ArrayList<Part>();
            for (int p = 0; file.names().contains("labels." + p); p++) {
                parts.add(new Part(
                        file.ints("offsets." + p),
                        file.ints("indices." + p),
                        file.floats("values." + p),
                        file.doubles("labels." + p),
                        floats(file, "weights." + p),
                        file.names().contains("groups." + p) ? file.ints("groups." + p) : null,
                        file.names().contains("keys." + p)
                                ? new Examples.Keyed(file.ints("first." + p)[0], file.longs("keys." + p))
                                : null));
            }
            byte[] words = file.bytes("words");
            String ofSchema = text(file, "schema");
            String ofReading = text(file, "reading");
            var schema = Schema.fromMap(Json.object(ofSchema, file.where()), Cache.splitWords(words), file.where());
            var examples = new Examples(parts.toArray(Part[]::new), schema.features());
            check(file, sum(examples.sum(), words, ofSchema, ofReading));
            return new Loaded(examples, schema, Reading.fromMap(Json.object(ofReading, file.where())));
        }

        private static float @Nullable [] floats(Safetensors file, String name) throws IOException {
            return file.names().contains(name) ? file.floats(name) : null;
        }

        @Override
        public Loaded noting(Loaded loaded, String note) {
            return new Loaded(
                    loaded.examples(), loaded.schema(), loaded.reading().with(note));
        }
    }

    /** Ratings and the names of users and items. */
    final class OfRatings implements Packed<Read<Ratings>> {
        private OfRatings() {}

        @Override
        public String folder() {
            return "ratings";
        }

        @Override
        public void pack(Read<Ratings> read, List<Tensor> tensors, Map<String, String> metadata) {
            var ratings = read.value();
            byte[] users = Cache.joinWords(ratings.userNames());
            byte[] items = Cache.joinWords(ratings.itemNames());
            tensors.add(Tensor.bytes("userNames", users));
            tensors.add(Tensor.bytes("itemNames", items));
            tensors.add(Tensor.ints("users", ratings.users()));
            tensors.add(Tensor.ints("items", ratings.items()));
            tensors.add(Tensor.floats("values", ratings.values()));
            String reading = Json.line(read.reading().toMap());
            String counts = ratings.userCount() + " " + ratings.itemCount();
            metadata.put("counts", counts);
            metadata.put("reading", reading);
            metadata.put("sum", sum(ratings.sum(), users, new String(items, StandardCharsets.UTF_8), counts, reading));
        }

        @Override
        public Read<Ratings> unpack(Safetensors file) throws IOException {
            byte[] users = file.bytes("userNames");
            byte[] items = file.bytes("itemNames");
            String counts = text(file, "counts");
            String[] each = counts.split(" ", -1);
            var ratings = new Ratings(
                    Cache.splitWords(users),
                    Cache.splitWords(items),
                    Integer.parseInt(each[0]),
                    Integer.parseInt(each[1]),
                    file.ints("users"),
                    file.ints("items"),
                    file.floats("values"));
            String reading = text(file, "reading");
            check(file, sum(ratings.sum(), users, new String(items, StandardCharsets.UTF_8), counts, reading));
            return new Read<>(ratings, Reading.fromMap(Json.object(reading, file.where())));
        }

        @Override
        public Read<Ratings> noting(Read<Ratings> read, String note) {
            return new Read<>(read.value(), read.reading().with(note));
        }
    }

    /** A graph and the names of its nodes. */
    final class OfGraphs implements Packed<Read<Graph>> {
        private OfGraphs() {}

        @Override
        public String folder() {
            return "graphs";
        }

        @Override
        public void pack(Read<Graph> read, List<Tensor> tensors, Map<String, String> metadata) {
            var graph = read.value();
            byte[] names = Cache.joinWords(graph.names());
            tensors.add(Tensor.bytes("names", names));
            tensors.add(Tensor.ints("starts", graph.starts()));
            tensors.add(Tensor.ints("sources", graph.sources()));
            tensors.add(Tensor.ints("outDegree", graph.outDegree()));
            tensors.add(Tensor.floats("weights", graph.weights()));
            tensors.add(Tensor.doubles("outWeight", graph.outWeight()));
            String reading = Json.line(read.reading().toMap());
            metadata.put("reading", reading);
            metadata.put("sum", sum(graph.sum(), names, reading));
        }

        @Override
        public Read<Graph> unpack(Safetensors file) throws IOException {
            byte[] names = file.bytes("names");
            var graph = new Graph(
                    Cache.splitWords(names),
                    file.ints("starts"),
                    file.ints("sources"),
                    file.ints("outDegree"),
                    file.floats("weights"),
                    file.doubles("outWeight"));
            String reading = text(file, "reading");
            check(file, sum(graph.sum(), names, reading));
            return new Read<>(graph, Reading.fromMap(Json.object(reading, file.where())));
        }

        @Override
        public Read<Graph> noting(Read<Graph> read, String note) {
            return new Read<>(read.value(), read.reading().with(note));
        }
    }
}
