package orrery.hadoop;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import orrery.store.Storage;
import orrery.store.SummedChannel;

/**
 * A folder of a Hadoop file system. On those that rename in one step, such as HDFS, a file is written beside its place,
 * synced, then renamed into it; on object stores, where a file appears whole when it is closed and renames copy, it is
 * written in its place, and given up if something goes wrong.
 */
final class HadoopStorage implements Storage {
    private final FileSystem files;
    private final Path folder;

    HadoopStorage(FileSystem files, Path folder) {
        this.files = files;
        this.folder = folder;
    }

    @Override
    public SeekableByteChannel read(String name) throws IOException {
        var place = at(name);
        try {
            var status = files.getFileStatus(place);
            if (status.isDirectory()) {
                throw new IOException(place + " is a folder");
            }
            return new HadoopFile(files.open(place), status.getLen());
        } catch (FileNotFoundException e) {
            throw (NoSuchFileException) new NoSuchFileException(place.toString()).initCause(e);
        }
    }

    @Override
    public List<Block> blocks(String name, long most) throws IOException {
        var place = at(name);
        try {
            var status = files.getFileStatus(place);
            var blocks = new ArrayList<Block>();
            for (var block : files.getFileBlockLocations(status, 0, status.getLen())) {
                blocks.add(new Block(block.getOffset(), block.getLength(), List.of(block.getHosts())));
            }
            return blocks;
        } catch (FileNotFoundException e) {
            throw (NoSuchFileException) new NoSuchFileException(place.toString()).initCause(e);
        }
    }

    @Override
    public Written write(String name, Body body) throws IOException {
        var place = at(name);
        return files.hasPathCapability(place, CommonPathCapabilities.ABORTABLE_STREAM)
                ? writeInPlace(place, body)
                : writeBeside(place, body);
    }

    private Written writeInPlace(Path place, Body body) throws IOException {
        var out = files.create(place, true);
        boolean isWhole = false;
        try {
            var summed = new SummedChannel(Channels.newChannel(out));
            body.writeTo(summed);
            isWhole = true;
            out.close();
            return summed.written();
        } finally {
            if (!isWhole) {
                out.abort();
            }
        }
    }

    private Written writeBeside(Path place, Body body) throws IOException {
        var beside = new Path(place.getParent(), "." + place.getName() + "." + UUID.randomUUID() + ".tmp");
        try {
            Written written;
            try (var out = files.create(beside, false)) {
                var summed = new SummedChannel(Channels.newChannel(out));
                body.writeTo(summed);
                if (out.hasCapability(StreamCapabilities.HSYNC)) {
                    out.hsync();
                }
                written = summed.written();
            }
            rename(beside, place);
            return written;
        } finally {
            files.delete(beside, false);
        }
    }

    private void rename(Path beside, Path place) throws IOException {
        FileContext context;
        try {
            context = FileContext.getFileContext(files.getUri(), files.getConf());
        } catch (UnsupportedFileSystemException e) { // has no way to replace a file in one step
            files.delete(place, false);
            if (!files.rename(beside, place)) {
                throw new IOException("cannot rename " + beside + " to " + place, e);
            }
            return;
        }
        context.rename(beside, place, Options.Rename.OVERWRITE);
    }

    @Override
    public boolean holds(String name) throws IOException {
        try {
            return files.getFileStatus(at(name)).isFile();
        } catch (FileNotFoundException e) {
            return false;
        }
    }

    @Override
    public List<String> list(String name) throws IOException {
        try {
            return Arrays.stream(files.listStatus(at(name)))
                    .map(status -> status.getPath().getName())
                    .filter(entry -> !entry.startsWith("."))
                    .sorted()
                    .toList();
        } catch (FileNotFoundException e) {
            return List.of();
        }
    }

    @Override
    public void delete(String name) throws IOException {
        files.delete(at(name), true);
    }

    @Override
    public String where(String name) {
        return at(name).toString();
    }

    private Path at(String name) {
        if (name.isEmpty()) {
            return folder;
        }
        if (name.startsWith("/") || Arrays.asList(name.split("/")).contains("..")) {
            throw new IllegalArgumentException("'" + name + "' leads out of " + folder);
        }
        return new Path(folder, name);
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
