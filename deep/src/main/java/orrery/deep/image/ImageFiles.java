package orrery.deep.image;

import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import javax.imageio.ImageIO;
import orrery.data.DataException;
import orrery.data.Reading;
import orrery.store.Place;

/** Reads images. */
public final class ImageFiles {
    private static final int IDX_IMAGES = 0x803;
    private static final int IDX_LABELS = 0x801;
    private static final int CIFAR_SIDE = 32;
    private static final int CIFAR_PIXELS = CIFAR_SIDE * CIFAR_SIDE;
    private static final List<String> ENDS = List.of(".jpg", ".jpeg", ".png");

    private final int[] input;
    private final List<String> known;

    /**
     * @param input the net's input: height, width, channels; larger images, of a folder or of records, are made smaller to just cover it
     * @param known names of the classes, of a model; none to take those that there are
     */
    public ImageFiles(int[] input, List<String> known) {
        this.input = input.clone();
        this.known = List.copyOf(known);
    }

    /** Whether a name is of images: an idx file, a folder with folders of images, a file or folder of {@code .bin} files. */
    public static boolean areImages(String name) {
        try {
            var path = Path.of(name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name);
            String last = String.valueOf(path.getFileName());
            return last.contains("idx3-ubyte")
                    || last.endsWith(".bin")
                    || !bins(Path.of(name)).isEmpty()
                    || !classFolders(Path.of(name)).isEmpty();
        } catch (java.nio.file.InvalidPathException | IOException e) {
            return false;
        }
    }

    /**
     * Reads them.
     *
     * @throws DataException if it is none of the formats, or is cut short, with the file and the image
     */
    public Images read(String name) throws IOException {
        var path = Path.of(name);
        if (name.contains("idx3-ubyte")) {
            return idx(name);
        }
        if (Files.isDirectory(path) && bins(path).isEmpty()) {
            return folder(path);
        }
        return bin(Files.isDirectory(path) ? bins(path) : List.of(path));
    }

    private static InputStream open(String name) throws IOException {
        var in = new Place(name).open();
        return name.endsWith(".gz") ? new GZIPInputStream(in, 1 << 16) : in;
    }

    // idx

    private Images idx(String name) throws IOException {
        String labelsName = name.replace("images", "labels").replace("idx3", "idx1");
        var images = idx(name, IDX_IMAGES, "images");
        var labels = idx(labelsName, IDX_LABELS, "labels");
        int count = images.getInt();
        int height = images.getInt();
        int width = images.getInt();
        int others = labels.getInt();
        if (count != others) {
            throw new DataException(name + " has " + count + " images, and " + labelsName + " " + others + " labels");
        }
        long due = (long) count * height * width;
        if (height < 1 || width < 1 || images.remaining() != due) {
            throw new DataException(name + ": " + count + " images of " + height + " x " + width + " are " + due
                    + " bytes after the head, and there are " + images.remaining()
                    + "; the file is cut short or damaged");
        }
        if (labels.remaining() != count) {
            throw new DataException(labelsName + ": there are " + labels.remaining() + " bytes after the head for "
                    + count + " labels; the file is cut short or damaged");
        }
        var pixels = new byte[count][height * width];
        for (var image : pixels) {
            images.get(image);
        }
        var numbers = new int[count];
        Arrays.setAll(numbers, i -> labels.get() & Images.WHITE);
        return numbered(height, width, 1, pixels, numbers, List.of(), "idx", Map.of("labels", labelsName));
    }

    private static ByteBuffer idx(String name, int magic, String what) throws IOException {
        byte[] all;
        try (var in = open(name)) {
            all = in.readAllBytes();
        } catch (EOFException e) {
            throw new DataException(name + ": is cut short");
        }
        int head = (magic == IDX_IMAGES ? 4 : 2) * Integer.BYTES;
        if (all.length < head || ByteBuffer.wrap(all).getInt() != magic) {
            throw new DataException(name + ": is no idx file of " + what + ", which begins with "
                    + String.format("0x%08x", magic) + " and its sizes");
        }
        return ByteBuffer.wrap(all).position(Integer.BYTES);
    }

    // Classes by number

    private Images numbered(
            int height,
            int width,
            int channels,
            byte[][] pixels,
            int[] numbers,
            List<String> names,
            String format,
            Map<String, Object> facts)
            throws DataException {
        int most = IntStream.of(numbers).max().orElse(-1);
        List<String> classes = !known.isEmpty()
                ? known
                : !names.isEmpty()
                        ? names
                        : IntStream.rangeClosed(0, most)
                                .mapToObj(String::valueOf)
                                .toList();
        if (most >= classes.size()) {
            throw new DataException("there is the label " + most + ", and the classes are " + classes);
        }
        return new Images(
                height, width, channels, pixels, numbers, classes, new Reading(format, facts, List.of(), List.of()));
    }

    // CIFAR's binary files, and records

    private static List<Path> bins(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".bin"))
                    .sorted()
                    .toList();
        }
    }

    /** A label and 3,072 bytes, color by color (of CIFAR-100, two labels, of which the second counts); or records. */
    private Images bin(List<Path> files) throws IOException {
        var pixels = new ArrayList<byte[]>();
        var labels = new ArrayList<Integer>();
        String format = "";
        for (var file : files) {
            byte[] all;
            try (var in = open(file.toString())) {
                all = in.readAllBytes();
            } catch (EOFException e) {
                throw new DataException(file + ": is cut short");
            }
            if (areRecords(all)) {
                format = "records of images";
                records(file.toString(), all, pixels, labels);
                continue;
            }
            format = "CIFAR";
            int record =
                    all.length % (1 + 3 * CIFAR_PIXELS) == 0 ? 1 : all.length % (2 + 3 * CIFAR_PIXELS) == 0 ? 2 : 0;
            if (record == 0 || all.length == 0) {
                throw new DataException(file + ": has " + all.length + " bytes, which are neither records of images (a"
                        + " label, a length of two bytes, a JPEG or PNG) nor those of CIFAR-10 (3,073 bytes each) or"
                        + " CIFAR-100 (3,074); it may be cut short");
            }
            for (int at = 0; at < all.length; at += record + 3 * CIFAR_PIXELS) {
                labels.add(all[at + record - 1] & Images.WHITE);
                var image = new byte[3 * CIFAR_PIXELS];
                for (int p = 0; p < CIFAR_PIXELS; p++) {
                    for (int c = 0; c < 3; c++) {
                        image[3 * p + c] = all[at + record + c * CIFAR_PIXELS + p];
                    }
                }
                pixels.add(image);
            }
        }
        boolean areCifar = format.equals("CIFAR");
        if (areCifar && (input.length != 3 || input[2] != 3)) {
            throw new DataException(
                    files.getFirst() + ": has images of 3 channels, and the net takes " + Arrays.toString(input));
        }
        int height = areCifar ? CIFAR_SIDE : input[0];
        int width = areCifar ? CIFAR_SIDE : input[1];
        return numbered(
                height,
                width,
                input[2],
                pixels.toArray(byte[][]::new),
                labels.stream().mapToInt(label -> label).toArray(),
                names(files.getFirst()),
                format,
                Map.of());
    }

    /** What CIFAR's folder says of its classes. */
    private static List<String> names(Path file) throws IOException {
        for (var name : List.of("batches.meta.txt", "fine_label_names.txt")) {
            var about = file.resolveSibling(name);
            if (Files.exists(about)) {
                return Files.readAllLines(about, StandardCharsets.UTF_8).stream()
                        .filter(line -> !line.isBlank())
                        .toList();
            }
        }
        return List.of();
    }

    private static boolean areRecords(byte[] all) {
        if (all.length < 7) {
            return false;
        }
        int length = ByteBuffer.wrap(all).getShort(1) & 0xffff;
        boolean isJpeg = (all[3] & 0xff) == 0xff && (all[4] & 0xff) == 0xd8;
        boolean isPng = (all[3] & 0xff) == 0x89 && all[4] == 'P';
        return length > 0 && (isJpeg || isPng);
    }

    private void records(String file, byte[] all, List<byte[]> pixels, List<Integer> labels) throws IOException {
        var buffer = ByteBuffer.wrap(all);
        int number = 0;
        while (buffer.hasRemaining()) {
            number++;
            if (buffer.remaining() < 3) {
                throw new DataException(file + ", image " + number + ": is cut short");
            }
            labels.add(buffer.get() & Images.WHITE);
            int length = buffer.getShort() & 0xffff;
            if (buffer.remaining() < length) {
                throw new DataException(file + ", image " + number + ": has " + length
                        + " bytes, and the file ends after " + buffer.remaining());
            }
            var encoded = new byte[length];
            buffer.get(encoded);
            pixels.add(decoded(encoded, file + ", image " + number, input));
        }
    }

    // Folders

    private static List<Path> classFolders(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            var found = new ArrayList<Path>();
            for (var entry : entries.filter(Files::isDirectory).sorted().toList()) {
                if (!imagesOf(entry).isEmpty()) {
                    found.add(entry);
                }
            }
            return found;
        }
    }

    private static List<Path> imagesOf(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                        String name = file.toString().toLowerCase(Locale.ROOT);
                        return ENDS.stream().anyMatch(name::endsWith);
                    })
                    .sorted()
                    .toList();
        }
    }

    private Images folder(Path folder) throws IOException {
        var folders = classFolders(folder);
        if (folders.isEmpty()) {
            throw new DataException(folder + ": has no folder with images in it; there must be one for each class, with"
                    + " files that end in " + String.join(", ", ENDS));
        }
        var names = folders.stream().map(of -> String.valueOf(of.getFileName())).toList();
        var classes = known.isEmpty() ? names : known;
        var pixels = new ArrayList<byte[]>();
        var labels = new ArrayList<Integer>();
        var facts = new LinkedHashMap<String, Object>();
        for (int f = 0; f < folders.size(); f++) {
            int label = classes.indexOf(names.get(f));
            if (label < 0) {
                throw new DataException(
                        folders.get(f) + ": the model has no class '" + names.get(f) + "', only " + classes);
            }
            var files = imagesOf(folders.get(f));
            facts.put(names.get(f), files.size());
            for (var file : files) {
                pixels.add(decoded(Files.readAllBytes(file), file.toString(), input));
                labels.add(label);
            }
        }
        return new Images(
                input[0],
                input[1],
                input[2],
                pixels.toArray(byte[][]::new),
                labels.stream().mapToInt(label -> label).toArray(),
                classes,
                new Reading("images in folders", facts, List.of(), List.of()));
    }

    // Images that are encoded

    /**
     * The pixels of a JPEG or PNG, made smaller or larger so that it just covers the input, and cut in the middle.
     *
     * @param input height, width, and channels: 1, grey, or 3
     */
    public static byte[] decoded(byte[] encoded, String where, int[] input) throws DataException {
        if (input.length != 3 || (input[2] != 1 && input[2] != 3)) {
            throw new DataException(
                    where + ": an image has 1 channel or 3, and the net takes " + Arrays.toString(input));
        }
        BufferedImage image = null;
        String reason = "it is no JPEG or PNG";
        try {
            ImageIO.setUseCache(false);
            image = ImageIO.read(new ByteArrayInputStream(encoded));
        } catch (IOException | RuntimeException e) { // decoders throw what they like on damaged images
            reason = String.valueOf(e.getMessage());
        }
        if (image == null) {
            throw new DataException(where + ": cannot be read: " + reason);
        }
        return pixels(fitted(image, input[0], input[1]), input);
    }

    private static BufferedImage fitted(BufferedImage image, int height, int width) {
        if (image.getHeight() == height && image.getWidth() == width) {
            return image;
        }
        double scale = Math.max((double) height / image.getHeight(), (double) width / image.getWidth());
        int high = (int) Math.round(image.getHeight() * scale);
        int wide = (int) Math.round(image.getWidth() * scale);
        var fitted = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        var graphics = fitted.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
            graphics.drawImage(image, (width - wide) / 2, (height - high) / 2, wide, high, null);
        } finally {
            graphics.dispose();
        }
        return fitted;
    }

    private static byte[] pixels(BufferedImage image, int[] input) {
        int[] rgb = image.getRGB(0, 0, input[1], input[0], null, 0, input[1]);
        var pixels = new byte[rgb.length * input[2]];
        for (int i = 0; i < rgb.length; i++) {
            int red = rgb[i] >> 16 & Images.WHITE;
            int green = rgb[i] >> 8 & Images.WHITE;
            int blue = rgb[i] & Images.WHITE;
            if (input[2] == 1) {
                pixels[i] = (byte) Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
            } else {
                pixels[3 * i] = (byte) red;
                pixels[3 * i + 1] = (byte) green;
                pixels[3 * i + 2] = (byte) blue;
            }
        }
        return pixels;
    }
}
