package orrery.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import orrery.data.Ratings;
import orrery.learn.factor.Division;
import scala.Tuple2;

/** Rows of user, item and rating: read once to number users and items, once more to deal them out to members by user. */
final class RatingRows {
    private RatingRows() {}

    /** Who is in a part. */
    record Seen(Numbering users, Numbering items, long count, double sum) implements Serializable {
        static Seen of(Iterator<Row> rows) {
            var users = new HashMap<Serializable, Integer>();
            var items = new HashMap<Serializable, Integer>();
            long count = 0;
            double sum = 0;
            while (rows.hasNext()) {
                var row = rows.next();
                users.merge(key(row, 0, "user"), 1, Integer::sum);
                items.merge(key(row, 1, "item"), 1, Integer::sum);
                sum += rating(row);
                count++;
            }
            return new Seen(Numbering.of(users), Numbering.of(items), count, sum);
        }

        /** In all parts, in their order. */
        static Seen of(List<Seen> parts) {
            return new Seen(
                    Numbering.of(parts.stream().map(Seen::users).toList()),
                    Numbering.of(parts.stream().map(Seen::items).toList()),
                    parts.stream().mapToLong(Seen::count).sum(),
                    parts.stream().mapToDouble(Seen::sum).sum());
        }

        Division division(int workers) {
            return Division.of(users.counts(), items.counts(), (float) (sum / count), workers);
        }
    }

    private static Serializable key(Row row, int column, String what) {
        var value = row.<@Nullable Object>getAs(column);
        if (value == null) {
            throw new IllegalArgumentException("the " + what + " is missing in a row");
        }
        return Numbering.key(value);
    }

    private static float rating(Row row) {
        var value = row.<@Nullable Object>getAs(2);
        if (!(value instanceof Number number) || !Float.isFinite(number.floatValue())) {
            throw new IllegalArgumentException("the rating of user '" + row.get(0) + "' for item '" + row.get(1)
                    + "' must be a number, got " + value);
        }
        return number.floatValue();
    }

    /** Ratings of one part for one member. */
    private static final class Chunk implements Serializable {
        private static final long serialVersionUID = 1;
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

    /** Deals the rows out: each member gets all ratings of its users, in a part of its own. */
    static JavaRDD<Object> deal(JavaRDD<Row> rows, Broadcast<Seen> seen, Division division, int members) {
        int perMember = division.workers() / members;
        return rows.mapPartitions(some -> {
                    var all = seen.getValue();
                    Map<Integer, Chunk> chunks = new HashMap<>();
                    while (some.hasNext()) {
                        var row = some.next();
                        int user = all.users().number(key(row, 0, "user"));
                        chunks.computeIfAbsent(division.workerOf(user) / perMember, m -> new Chunk())
                                .add(user, all.items().number(key(row, 1, "item")), rating(row));
                    }
                    return chunks.entrySet().stream()
                            .map(entry -> new Tuple2<>(
                                    entry.getKey(), (Object) entry.getValue().trim(entry.getValue().size)))
                            .iterator();
                })
                .mapToPair(chunk -> chunk)
                .partitionBy(new ByMember(members))
                .values();
    }

    /** The ratings of a member, by user, item and value, so that they are the same in whatever order they come. */
    static Ratings ratings(Iterator<Object> chunks, Division division) {
        int users = division.userCount();
        int items = division.itemCount();
        var all = new Chunk();
        while (chunks.hasNext()) {
            var chunk = (Chunk) chunks.next();
            for (int i = 0; i < chunk.size; i++) {
                all.add(chunk.users[i], chunk.items[i], chunk.values[i]);
            }
        }
        all.trim(all.size);
        var sorted = all.by(all.items, items);
        sorted = sorted.by(sorted.users, users);
        sorted.sortTies();
        return new Ratings(List.of(), List.of(), users, items, sorted.users, sorted.items, sorted.values);
    }
}
