package orrery.learn.factor;

import java.util.Arrays;
import java.util.Comparator;
import orrery.data.Ratings;

/**
 * One worker's ratings, tile by tile: a tile is of some items, and all tiles have about as many ratings. Within a tile
 * ratings are sorted by user, so that a user's row stays near; the items' rows of a tile fit a cache.
 */
final class Tiles {
    private static final int TILE_BYTES = 512 << 10;

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
    static int count(Ratings ratings, int width, int workers) {
        long bytes = (long) ratings.itemCount() * width * Float.BYTES;
        long most = Math.max(1, ratings.itemCount() / (4L * workers));
        return (int) (workers * Math.clamp((bytes - 1) / ((long) workers * TILE_BYTES) + 1, 1, most));
    }

    int count() {
        return items.length;
    }

    /** The worker's users: a run of them, with about as many ratings as the others have. */
    static Tiles of(Ratings ratings, int tiles, int worker, int workers) {
        var ofUser = new int[ratings.userCount() + 1];
        for (int user : ratings.users()) {
            ofUser[user + 1]++;
        }
        for (int u = 0; u < ratings.userCount(); u++) {
            ofUser[u + 1] += ofUser[u];
        }
        int first = boundary(ofUser, ratings.size(), worker, workers);
        int last = boundary(ofUser, ratings.size(), worker + 1, workers);
        int[] tileOf = tiles(ratings, tiles);
        var items = new long[tiles][];
        var position = new int[ratings.itemCount()];
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
        return sorted(ratings, first, last, ofUser, tileOf, items, position);
    }

    /** Counting sorts: by user, then by tile. */
    private static Tiles sorted(
            Ratings ratings, int first, int last, int[] ofUser, int[] tileOf, long[][] items, int[] position) {
        int base = ofUser[first];
        int count = ofUser[last] - base;
        var byUser = new int[count];
        var next = Arrays.copyOfRange(ofUser, first, last + 1);
        for (int i = 0; i < ratings.size(); i++) {
            int user = ratings.users()[i];
            if (user >= first && user < last) {
                byUser[next[user - first]++ - base] = i;
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
        return new Tiles(first, last, items, starts, user, item, value);
    }

    private static int boundary(int[] starts, int size, int worker, int workers) {
        long due = (long) size * worker / workers;
        int at = Arrays.binarySearch(starts, (int) due);
        int boundary = at < 0 ? -at - 1 : at;
        return worker == workers ? starts.length - 1 : worker == 0 ? 0 : boundary;
    }

    /** Items to tiles: the most rated first, each to the tile that has least. */
    private static int[] tiles(Ratings ratings, int tiles) {
        var ratingsOf = new int[ratings.itemCount()];
        for (int item : ratings.items()) {
            ratingsOf[item]++;
        }
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
