package orrery.learn.factor;

import java.util.Arrays;
import java.util.Comparator;
import orrery.data.Ratings;

/**
 * One worker's ratings, tile by tile: a tile is of some items, and all tiles have about as many ratings. Within a tile
 * ratings are of a few users at a time, one after the other in turn: a user's row stays near, and a rating need not wait
 * for what the one before has done to it. The items' rows of a tile fit a cache.
 */
final class Tiles {
    private static final int TILE_BYTES = 512 << 10;
    private static final int USERS_IN_TURN = 4;

    final int firstUser;
    final int lastUser; // the one after
    final long[][] items; // by tile: their keys
    final int[] starts; // by tile, of the ratings
    final int[] user; // by rating, less firstUser
    final int[] item; // by rating: position in the tile's items
    final float[] value;

    private Tiles(int firstUser, int lastUser, long[][] items, int[] starts, int[] user, int[] item, float[] value) {
        this.firstUser = firstUser;
        this.lastUser = lastUser;
        this.items = items;
        this.starts = starts;
        this.user = user;
        this.item = item;
        this.value = value;
    }

    /** How many tiles there are: a multiple of the workers, so that each is always at another. */
    static int count(Division division, int width) {
        int workers = division.workers();
        long bytes = (long) division.itemCount() * width * Float.BYTES;
        long most = Math.max(1, division.itemCount() / (4L * workers));
        return (int) (workers * Math.clamp((bytes - 1) / ((long) workers * TILE_BYTES) + 1, 1, most));
    }

    int count() {
        return items.length;
    }

    /** The tiles of a worker, which is to have all ratings of its users among {@code ratings}; others do not matter. */
    static Tiles of(Ratings ratings, Division division, int tiles, int worker) {
        int[] tileOf = tiles(division.ratingsOfItem(), tiles);
        var position = new int[division.itemCount()];
        long[][] items = items(tileOf, tiles, position);
        int first = division.firstUsers()[worker];
        return sorted(ratings, first, division.firstUsers()[worker + 1], tileOf, items, position);
    }

    /** By item its row where a tile's items lie side by side, and tiles have room for {@code 1 << shift} each. */
    static int[] rows(Division division, int tiles, int shift) {
        int[] tileOf = tiles(division.ratingsOfItem(), tiles);
        var position = new int[division.itemCount()];
        items(tileOf, tiles, position);
        for (int i = 0; i < position.length; i++) {
            position[i] += tileOf[i] << shift;
        }
        return position;
    }

    /** Log2 of the room for the items of any tile. */
    static int shift(Division division, int tiles) {
        int most = 1;
        for (var items : items(tiles(division.ratingsOfItem(), tiles), tiles, new int[division.itemCount()])) {
            most = Math.max(most, items.length);
        }
        return 32 - Integer.numberOfLeadingZeros(most - 1);
    }

    /** The same items by tile, and no ratings: for what touches the rows only. */
    static Tiles empty(Division division, int tiles, int worker) {
        long[][] items = items(tiles(division.ratingsOfItem(), tiles), tiles, new int[division.itemCount()]);
        return new Tiles(
                division.firstUsers()[worker],
                division.firstUsers()[worker + 1],
                items,
                new int[tiles + 1],
                new int[0],
                new int[0],
                new float[0]);
    }

    /** By tile, its items; {@code position} takes where each is among them. */
    private static long[][] items(int[] tileOf, int tiles, int[] position) {
        var items = new long[tiles][];
        var sizes = new int[tiles];
        for (int tile : tileOf) {
            sizes[tile]++;
        }
        for (int t = 0; t < tiles; t++) {
            items[t] = new long[sizes[t]];
        }
        Arrays.fill(sizes, 0);
        for (int i = 0; i < position.length; i++) {
            int tile = tileOf[i];
            position[i] = sizes[tile];
            items[tile][sizes[tile]++] = i;
        }
        return items;
    }

    /** Counting sorts: by user, then by tile. */
    private static Tiles sorted(Ratings ratings, int first, int last, int[] tileOf, long[][] items, int[] position) {
        var next = new int[last - first + 1]; // by user, where its next rating goes
        for (int user : ratings.users()) {
            if (user >= first && user < last) {
                next[user - first + 1]++;
            }
        }
        for (int u = 0; u < last - first; u++) {
            next[u + 1] += next[u];
        }
        int count = next[last - first];
        var byUser = new int[count];
        for (int i = 0; i < ratings.size(); i++) {
            int user = ratings.users()[i];
            if (user >= first && user < last) {
                byUser[next[user - first]++] = i;
            }
        }
        var starts = new int[items.length + 1];
        for (int i : byUser) {
            starts[tileOf[ratings.items()[i]] + 1]++;
        }
        for (int t = 0; t < items.length; t++) {
            starts[t + 1] += starts[t];
        }
        var at = starts.clone();
        var user = new int[count];
        var item = new int[count];
        var value = new float[count];
        for (int i : byUser) {
            int k = at[tileOf[ratings.items()[i]]]++;
            user[k] = ratings.users()[i] - first;
            item[k] = position[ratings.items()[i]];
            value[k] = ratings.values()[i];
        }
        for (int t = 0; t < items.length; t++) {
            inTurn(user, item, value, starts[t], starts[t + 1]);
        }
        return new Tiles(first, last, items, starts, user, item, value);
    }

    /** From ratings sorted by user, those of a few users in turn; who has no more makes room for the next. */
    private static void inTurn(int[] user, int[] item, float[] value, int from, int to) {
        var order = new int[to - from];
        var next = new int[USERS_IN_TURN];
        var end = new int[USERS_IN_TURN];
        int fresh = from;
        for (int n = 0; n < order.length; ) {
            for (int turn = 0; turn < USERS_IN_TURN; turn++) {
                if (next[turn] == end[turn] && fresh < to) {
                    next[turn] = fresh;
                    int whose = user[fresh];
                    while (fresh < to && user[fresh] == whose) {
                        fresh++;
                    }
                    end[turn] = fresh;
                }
                if (next[turn] < end[turn]) {
                    order[n++] = next[turn]++;
                }
            }
        }
        var ofUser = Arrays.copyOfRange(user, from, to);
        var ofItem = Arrays.copyOfRange(item, from, to);
        var values = Arrays.copyOfRange(value, from, to);
        for (int n = 0; n < order.length; n++) {
            user[from + n] = ofUser[order[n] - from];
            item[from + n] = ofItem[order[n] - from];
            value[from + n] = values[order[n] - from];
        }
    }

    /** Items to tiles: the most rated first, each to the tile that has least. */
    private static int[] tiles(int[] ratingsOf, int tiles) {
        var order = new Integer[ratingsOf.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingInt((Integer i) -> -ratingsOf[i]));
        var tileOf = new int[ratingsOf.length];
        var load = new long[tiles];
        for (int item : order) {
            int least = 0;
            for (int t = 1; t < tiles; t++) {
                least = load[t] < load[least] ? t : least;
            }
            tileOf[item] = least;
            load[least] += ratingsOf[item] + 1;
        }
        return tileOf;
    }
}
