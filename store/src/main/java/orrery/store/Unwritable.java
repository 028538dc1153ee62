package orrery.store;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Why a place of this machine cannot be written to, in words that say what to do. */
public final class Unwritable {
    private Unwritable() {}

    /** The same failure with its place, cause and way out; as it is, if it is none of the place's. */
    public static IOException at(String where, IOException failure) {
        if (failure instanceof ClosedChannelException) {
            return failure; // interrupted
        }
        String why = why(failure);
        return new IOException(where + ": cannot be written: " + why + wayOut(why), failure);
    }

    private static String why(IOException failure) {
        return switch (failure) {
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "there is a file of that name";
            case NoSuchFileException _ -> "there is no such folder";
            case FileSystemException e when e.getReason() != null -> e.getReason();
            default -> String.valueOf(failure.getMessage());
        };
    }

    private static String wayOut(String why) {
        boolean isFull = why.contains("No space left") || why.contains("quota") || why.contains("File too large");
        return isFull
                ? "; free some space there, or give a place on another disk"
                : why.equals("permission denied") || why.contains("Read-only")
                        ? "; give a place that you may write to"
                        : "";
    }
}
