package orrery.learn.factor;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import orrery.data.Ratings;

/**
 * What all workers must know of all ratings to go over their own: who has which users, and how often items are rated.
 *
 * @param firstUsers by worker its first user, then the number of users
 * @param ratingsOfItem by item
 * @param mean of all ratings
 * @param deviation their standard deviation; 1 if they are all the same
 */
public record Division(int[] firstUsers, int[] ratingsOfItem, float mean, float deviation) implements Serializable {

    /**
     * Gives each worker a run of users, with about as many ratings as the others have.
     *
     * @param ratingsOfUser by user
     * @param sum of all ratings
     * @param squares the sum of their squares
     */
    public static Division of(int[] ratingsOfUser, int[] ratingsOfItem, double sum, double squares, int workers) {
        var starts = new long[ratingsOfUser.length + 1];
        for (int u = 0; u < ratingsOfUser.length; u++) {
            starts[u + 1] = starts[u] + ratingsOfUser[u];
        }
        var first = new int[workers + 1];
        for (int w = 1; w < workers; w++) {
            int at = Arrays.binarySearch(starts, starts[starts.length - 1] * w / workers);
            first[w] = at < 0 ? -at - 1 : at;
        }
        first[workers] = ratingsOfUser.length;
        double count = Math.max(1, starts[starts.length - 1]);
        double mean = sum / count;
        double variance = squares / count - mean * mean;
        boolean isConstant = !(variance > 1e-12 * squares / count); // as far as sums of so many digits can tell
        return new Division(first, ratingsOfItem, (float) mean, isConstant ? 1 : (float) Math.sqrt(variance));
    }

    static Division of(Ratings ratings, int workers) {
        var ofUser = new int[ratings.userCount()];
        var ofItem = new int[ratings.itemCount()];
        for (int k = 0; k < ratings.size(); k++) {
            ofUser[ratings.users()[k]]++;
            ofItem[ratings.items()[k]]++;
        }
        double sum = 0;
        double squares = 0;
        for (float value : ratings.values()) {
            sum += value;
            squares += (double) value * value;
        }
        return of(ofUser, ofItem, sum, squares, workers);
    }

    /** A sum of who has which users, how often each item is rated, mean and deviation: of other ratings it is another. */
    String sum() {
        var crc = new CRC32C();
        var bytes = ByteBuffer.allocate(Integer.BYTES);
        for (var array : List.of(
                firstUsers, ratingsOfItem, new int[] {Float.floatToIntBits(mean), Float.floatToIntBits(deviation)})) {
            for (int value : array) {
                crc.update(bytes.clear().putInt(value).flip());
            }
        }
        return String.format("in parts, crc32c:%08x", crc.getValue());
    }

    public int workers() {
        return firstUsers.length - 1;
    }

    public int userCount() {
        return firstUsers[workers()];
    }

    public int itemCount() {
        return ratingsOfItem.length;
    }

    /** The worker that has a user. */
    public int workerOf(int user) {
        int at = Arrays.binarySearch(firstUsers, 0, workers(), user);
        if (at < 0) {
            return -at - 2;
        }
        while (at + 1 < workers() && firstUsers[at + 1] == user) {
            at++; // workers before it have no users
        }
        return at;
    }
}
