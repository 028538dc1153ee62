package orrery.spark;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import orrery.data.DataException;
import orrery.data.Ratings;
import orrery.learn.factor.Division;
import scala.Tuple2;

/** Rows of user, item and rating: read once to number users and items, once more to deal them out to members by user. */
final class RatingRows {
    private RatingRows() {}

    /**
     * Who is in a part.
     *
     * @param content a sum of all ratings, the same in whatever order and parts they come
     * @param wrong rows that are no ratings, and {@code why} the first is none
     */
    record Seen(
            Numbering users,
            Numbering items,
            long count,
            double sum,
            double squares,
            long content,
            long wrong,
            String why)
            implements Serializable {
        static byte[] part(Iterator<Row> rows) {
            var users = new HashMap<Serializable, Integer>();
            var items = new HashMap<Serializable, Integer>();
            long count = 0;
            double sum = 0;
            double squares = 0;
            long content = 0;
            long wrong = 0;
            String why = "";
            while (rows.hasNext()) {
                var row = rows.next();
                Serializable user;
                Serializable item;
                double rating;
                try {
                    user = key(row, 0, "user");
                    item = key(row, 1, "item");
                    rating = rating(row);
                } catch (IllegalArgumentException e) { // the driver reports it, with how many there are
                    why = wrong++ == 0 ? String.valueOf(e.getMessage()) : why;
                    continue;
                }
                users.merge(user, 1, Integer::sum);
                items.merge(item, 1, Integer::sum);
                sum += rating;
                squares += rating * rating;
                count++;
                content += contentOf(user.hashCode(), item.hashCode(), Double.hashCode(rating));
            }
            return Bytes.of(
                    new Seen(Numbering.of(users), Numbering.of(items), count, sum, squares, content, wrong, why));
        }

        /** In all parts, in their order. */
        static Seen of(List<byte[]> bytes) {
            var parts = bytes.stream().map(part -> Bytes.<Seen>value(part)).toList();
            return new Seen(
                    Numbering.of(parts.stream().map(Seen::users).toList()),
                    Numbering.of(parts.stream().map(Seen::items).toList()),
                    parts.stream().mapToLong(Seen::count).sum(),
                    parts.stream().mapToDouble(Seen::sum).sum(),
                    parts.stream().mapToDouble(Seen::squares).sum(),
                    parts.stream().mapToLong(Seen::content).sum(),
                    parts.stream().mapToLong(Seen::wrong).sum(),
                    parts.stream()
                            .map(Seen::why)
                            .filter(why -> !why.isEmpty())
                            .findFirst()
                            .orElse(""));
        }

        /** What is wrong with the rows. */
        void check() throws DataException {
            if (wrong > 0) {
                throw new DataException(
                        why + (wrong == 1 ? "" : String.format(Locale.ROOT, " (%,d rows are like this one)", wrong)));
            }
            if (count == 0) {
                throw new DataException("the data frame has no rows");
            }
        }

        Division division(int workers) {
            return Division.of(users.counts(), items.counts(), sum, squares, workers);
        }
    }

    /** A sum that differs for other ratings, whatever their order. */
    private static long contentOf(int user, int item, int rating) {
        long hash = ((user * 31L + item) * 31 + rating) * 0x9e3779b97f4a7c15L;
        return hash ^ hash >>> 29;
    }

    private static Serializable key(Row row, int column, String what) {
        return Numbering.key(row.<@Nullable Object>getAs(column), what);
    }

    private static float rating(Row row) {
        var value = row.<@Nullable Object>getAs(2);
        float rating = value == null ? Float.NaN : ((Number) value).floatValue();
        if (!Float.isFinite(rating)) {
            throw new IllegalArgumentException("the rating of user '" + row.get(0) + "' for item '" + row.get(1)
                    + "' must be a number, got " + value + "; leave such rows out");
        }
        return rating;
    }

    /** Ratings of one part for one member. */
    private static final class Chunk {
        private int[] users = new int[1 << 10];
        private int[] items = new int[1 << 10];
        private float[] values = new float[1 << 10];
        private int size;

        void add(int user, int item, float value) {
            if (size == values.length) {
                trim(2 * size);
            }
            users[size] = user;
            items[size] = item;
            values[size++] = value;
        }

        /** The same, stably sorted by keys below {@code bound}, as many as there are ratings. */
        Chunk by(int[] keys, int bound) {
            var starts = new int[bound + 1];
            for (int i = 0; i < size; i++) {
                starts[keys[i] + 1]++;
            }
            for (int k = 0; k < bound; k++) {
                starts[k + 1] += starts[k];
            }
            var sorted = new Chunk().trim(size);
            sorted.size = size;
            for (int i = 0; i < size; i++) {
                int at = starts[keys[i]]++;
                sorted.users[at] = users[i];
                sorted.items[at] = items[i];
                sorted.values[at] = values[i];
            }
            return sorted;
        }

        /** Sorts values where a user has rated an item more than once. */
        void sortTies() {
            for (int from = 0, to; from < size; from = to) {
                to = from + 1;
                while (to < size && users[to] == users[from] && items[to] == items[from]) {
                    to++;
                }
                Arrays.sort(values, from, to);
            }
        }

        /** Users, then items, then ratings. */
        byte[] bytes() {
            var bytes = ByteBuffer.allocate(Math.multiplyExact(12, size));
            bytes.asIntBuffer().put(users, 0, size).put(items, 0, size);
            bytes.position(8 * size).slice().asFloatBuffer().put(values, 0, size);
            return bytes.array();
        }

        /** Adds what {@link #bytes} gave. */
        void add(byte[] bytes) {
            int more = bytes.length / 12;
            if (size + more > values.length) {
                trim(Math.max(2 * size, size + more));
            }
            var from = ByteBuffer.wrap(bytes);
            from.asIntBuffer().get(users, size, more).get(items, size, more);
            from.position(8 * more).slice().asFloatBuffer().get(values, size, more);
            size += more;
        }

        Chunk trim(int to) {
            users = Arrays.copyOf(users, to);
            items = Arrays.copyOf(items, to);
            values = Arrays.copyOf(values, to);
            return this;
        }
    }

    /** Member by number. */
    private static final class ByMember extends Partitioner {
        private static final long serialVersionUID = 1;
        private final int members;

        ByMember(int members) {
            this.members = members;
        }

        @Override
        public int numPartitions() {
            return members;
        }

        @Override
        public int getPartition(Object key) {
            return (Integer) key;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof ByMember by && by.members == members;
        }

        @Override
        public int hashCode() {
            return members;
        }
    }

    /** Deals the rows out: each member gets all ratings of its users, in a part of its own, as bytes. */
    static JavaRDD<byte[]> deal(JavaRDD<Row> rows, Sent<Seen> seen, Division division, int members) {
        int perMember = division.workers() / members;
        return rows.mapPartitionsToPair(some -> {
                    var all = seen.value();
                    Map<Integer, Chunk> chunks = new TreeMap<>();
                    while (some.hasNext()) {
                        var row = some.next();
                        int user = all.users().number(key(row, 0, "user"));
                        chunks.computeIfAbsent(division.workerOf(user) / perMember, m -> new Chunk())
                                .add(user, all.items().number(key(row, 1, "item")), rating(row));
                    }
                    return chunks.entrySet().stream()
                            .map(entry -> new Tuple2<>(
                                    entry.getKey(), entry.getValue().bytes()))
                            .iterator();
                })
                .partitionBy(new ByMember(members))
                .values();
    }

    /**
     * The ratings of a member, by user, item and value, so that they are the same in whatever order they come.
     *
     * @param member the member's number, from 0
     * @param ratingsOfUser by user, as they were counted
     * @throws OtherData if they are others than were counted
     */
    static Ratings ratings(Iterator<byte[]> chunks, Division division, int[] ratingsOfUser, int member, int perMember) {
        int users = division.userCount();
        int items = division.itemCount();
        var all = new Chunk();
        while (chunks.hasNext()) {
            all.add(chunks.next());
        }
        check(all, division, ratingsOfUser, member * perMember, perMember);
        all.trim(all.size);
        var sorted = all.by(all.items, items);
        sorted = sorted.by(sorted.users, users);
        sorted.sortTies();
        return new Ratings(List.of(), List.of(), users, items, sorted.users, sorted.items, sorted.values);
    }

    private static void check(Chunk all, Division division, int[] ratingsOfUser, int firstWorker, int workers) {
        var counts = new int[division.userCount()];
        for (int i = 0; i < all.size; i++) {
            counts[all.users[i]]++;
        }
        int first = division.firstUsers()[firstWorker];
        int end = division.firstUsers()[firstWorker + workers];
        if (!Arrays.equals(counts, first, end, ratingsOfUser, first, end)) {
            long due = Arrays.stream(ratingsOfUser, first, end).asLongStream().sum();
            throw new OtherData("part " + firstWorker / workers + " of the ratings", due, all.size);
        }
    }
}
